import type { Origin } from '@gatehouse/contracts/origin'
import type { Directory, Standing } from '../directory.ts'
import { invalidEnrolmentToken } from '../errors.ts'
import type { Bearer } from '../one-time-tokens.ts'

/** How many codes may be tried with an enrolment token. */
export const maxTries = 5

/** Who holds an enrolment token, as they and their tenant are now. @throws invalidEnrolmentToken */
export async function whoEnrols(
  directory: Directory,
  bearer: Bearer | undefined,
  origin: Origin,
): Promise<Standing> {
  if (!bearer) throw invalidEnrolmentToken()
  const { userId, tenantId, email } = bearer
  const authority = await directory.resolve({ userId, tenantId }, origin)
  const isIn = authority?.user.status === 'active' && authority.tenant.status === 'active'
  if (!isIn || authority.user.email !== email) throw invalidEnrolmentToken()
  return authority
}
