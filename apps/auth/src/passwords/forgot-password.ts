import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import type { QueueRequest } from '@gatehouse/mail/mails'
import { networkOf, type Throttle } from '@gatehouse/throttle/throttle'
import type { ResetRequest } from '../notify.ts'

export interface ForgotDeps {
  readonly db: Database
  readonly throttle: Throttle
  readonly queueReset: QueueRequest<ResetRequest>
}

/**
 * Writes down that somebody asks for a link to set a new password by. Whether there is such a person is found out when
 * the mail is made, so that nobody can tell from the answer or its time.
 * @throws tooManyRequests after 5 an hour for one person from one network, 10 for one person, or 30 from one network
 */
export async function forgotPassword(
  { db, throttle, queueReset }: ForgotDeps,
  email: string,
  origin: Origin,
): Promise<void> {
  const network = networkOf(origin.sourceIp)
  await throttle.take([
    { key: `reset:network:${network}`, max: 30, windowSeconds: 3600 },
    { key: `reset:account:${email}:${network}`, max: 5, windowSeconds: 3600 },
    { key: `reset:account:${email}`, max: 10, windowSeconds: 3600 },
  ])
  await inTenant(db, platformTenantId, (tx) => queueReset(tx, platformTenantId, { email, origin }))
}
