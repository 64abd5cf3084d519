import type { Origin } from '@gatehouse/contracts/origin'
import { Problem } from '@gatehouse/contracts/problem'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Seal } from '@gatehouse/keys/seal'
import type { Directory } from '../directory.ts'
import { invalidLoginCode, mfaRequired, wrongMfaCode } from '../errors.ts'
import { redeemOneTimeToken, reopenOneTimeToken } from '../one-time-tokens.ts'
import type { SignIn } from '../sign-in.ts'
import { furtherTries, tokenOf } from './login-code.ts'

export interface RedeemDeps {
  readonly db: Database
  readonly seal: Seal
  readonly directory: Directory
  readonly signIn: SignIn
}

interface Redeemed {
  readonly code: string
  readonly mfaCode: string | undefined
  readonly browser: string | undefined
}

/**
 * Signs in whom a code was made for, in the browser that it was made for. It is spent first, so that many at once start
 * one session, and opened again where only a second factor, or a moment's patience, is missing.
 * @throws invalidLoginCode, and what `SignIn` throws
 */
export async function redeemLoginCode(
  deps: RedeemDeps,
  { code, mfaCode, browser }: Redeemed,
  origin: Origin,
): Promise<Tokens> {
  const token = browser === undefined ? undefined : await tokenOf(deps, code, browser)
  if (token === undefined) throw invalidLoginCode()
  const bearer = await inPlatform(deps.db, (tx) => redeemOneTimeToken(tx, 'login_code', token))
  if (!bearer) throw invalidLoginCode()
  try {
    const { userId, tenantId } = bearer
    const authority = await deps.directory.resolve({ userId, tenantId }, origin)
    if (!authority) throw invalidLoginCode()
    return await deps.signIn(authority, { method: 'social', amr: ['fed'], mfaCode }, origin)
  } catch (error) {
    if (isPassing(error))
      await inPlatform(deps.db, (tx) => reopenOneTimeToken(tx, 'login_code', token, furtherTries))
    throw error
  }
}

const codes: readonly string[] = [mfaRequired().code, wrongMfaCode().code]

const isPassing = (error: unknown) =>
  error instanceof Problem && (codes.includes(error.code) || error.status === 429 || error.status === 503)
