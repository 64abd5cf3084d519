import { registrationByInvite, registrationClosed } from '../errors.ts'
import type { Policy } from '../policy.ts'

/** @throws registrationClosed, registrationByInvite to whom the platform does not take */
export function assertOpen({ registration }: Policy, isInvited: boolean): void {
  if (registration === 'closed') throw registrationClosed()
  if (registration === 'invite' && !isInvited) throw registrationByInvite()
}
