import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Letter } from '@gatehouse/mail/mails'
import { v7 as uuidv7 } from 'uuid'
import type { Directory } from '../directory.ts'
import type { Links } from '../links.ts'
import type { ResetRequest, WriteNotice } from '../notify.ts'
import { issueOneTimeToken } from '../one-time-tokens.ts'

interface Deps {
  readonly db: Database
  readonly directory: Directory
  readonly links: Links
  readonly writeNotice: WriteNotice
}

/**
 * Makes the mail that a person asked for who forgot their password: nothing for nobody, or for somebody who could not
 * sign in with a new one. The links before it stay good.
 */
export async function writeReset(
  { db, directory, links, writeNotice }: Deps,
  { email, origin }: ResetRequest,
): Promise<Letter | undefined> {
  const authority = await directory.resolve({ email }, origin)
  if (authority?.user.status !== 'active' || authority.tenant.status !== 'active') return undefined
  const { id: userId, tenantId } = authority.user
  const token = await inTenant(db, tenantId, async (tx) => {
    const [issued] = await Promise.all([
      issueOneTimeToken(tx, 'reset_password', { userId, tenantId, email }),
      emit(tx, 'password_reset.requested', {
        tenantId,
        actor: { type: 'user', id: userId },
        aggregate: { id: uuidv7(), version: 1 },
        origin,
        data: { userId },
      }),
    ])
    return issued
  })
  return writeNotice(authority, { kind: 'reset_password', link: links.resetPassword(token) })
}
