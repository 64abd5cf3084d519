import { createHash, randomBytes } from 'node:crypto'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { QueueMail } from '@gatehouse/mail/mails'
import { actorOf } from '../reach.ts'
import { writeLetter } from './letters.ts'
import * as users from './repository.ts'

/** How long a link to confirm an address is good for. Milliseconds. */
const linkLifeMs = 86_400_000

/** What is stored of the token of a link. */
export const digestOf = (token: string) => createHash('sha256').update(token).digest()

interface Change {
  readonly member: users.Member
  readonly email: string
}

export type RequestEmailChange = (
  tx: Tx,
  principal: Principal,
  change: Change,
  origin: Origin,
) => Promise<void>

/**
 * Sends a link to the address that somebody is to have, and word of it to the one that they have. Whether the new one is
 * somebody else's, nobody learns from this.
 * @param linksUrl the front end's base URL
 */
export const createRequestEmailChange =
  ({ queueMail, linksUrl }: { queueMail: QueueMail; linksUrl: string }): RequestEmailChange =>
  async (tx, principal, { member, email }, origin) => {
    const { tenantId } = principal
    const { id } = member.user
    const token = `gate_eml_${randomBytes(32).toString('base64url')}`
    const expiresAt = new Date(Date.now() + linkLifeMs)
    await users.saveEmailChange(tx, { userId: id, tenantId, email, digest: digestOf(token), expiresAt })

    const tenant = await users.tenantOf(tx, tenantId)
    const link = `${linksUrl}/confirm-email?token=${encodeURIComponent(token)}`
    await queueMail(tx, { tenantId, subjectId: id, to: email, ...writeLetter('confirm', tenant, link) })
    await queueMail(tx, {
      tenantId,
      subjectId: id,
      to: member.user.email,
      ...writeLetter('told', tenant, undefined),
    })
    const version = await users.touchUser(tx, id)
    await emit(tx, 'user.email_change_requested', {
      tenantId,
      actor: actorOf(principal),
      aggregate: { id, version },
      origin,
      data: { userId: id, email },
    })
  }
