import type { Authority } from '@gatehouse/contracts/internal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import type { Seal } from '@gatehouse/keys/seal'
import { issueOneTimeToken, reopenOneTimeToken } from '../one-time-tokens.ts'
import { digestOf } from './browser.ts'

/** For how long, and how often, a code may be tried again that wants a second factor. */
export const furtherTries = { lifeSeconds: 300, maxAttempts: 5 } as const

interface CodeDeps {
  readonly db: Database
  readonly seal: Seal
}

/** Makes the code that a browser comes back to the front end with. Without the browser's cookie it is of no use. */
export async function issueLoginCode(
  { db, seal }: CodeDeps,
  { user }: Authority,
  browser: string,
  { wantsSecondFactor = false } = {},
): Promise<string> {
  const { id: userId, tenantId, email } = user
  const token = await inTenant(db, tenantId, async (tx) => {
    const token = await issueOneTimeToken(tx, 'login_code', { userId, tenantId, email })
    if (wantsSecondFactor) await reopenOneTimeToken(tx, 'login_code', token, furtherTries)
    return token
  })
  return seal.seal(about(browser), token)
}

/** The one-time token in a code, if the code is this browser's. */
export const tokenOf = ({ seal }: Pick<CodeDeps, 'seal'>, code: string, browser: string) =>
  seal.unseal(about(browser), code).catch(() => undefined)

const about = (browser: string) => `login code of browser ${digestOf(browser).toString('hex')}`
