import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Login, Tokens } from '@gatehouse/contracts/sessions'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import type { Directory } from '../directory.ts'
import { wrongCredentials } from '../errors.ts'
import type { CheckPassword, SignIn } from '../sign-in.ts'
import { recordFailure } from './sign-in.ts'
import type { SessionDeps } from './start-session.ts'

export interface LoginDeps extends SessionDeps {
  readonly directory: Directory
  readonly checkPassword: CheckPassword
  readonly signIn: SignIn
}

/**
 * Signs a person in by their password. Somebody unknown costs the same steps as a wrong password and gets the
 * same answer.
 * @throws wrongCredentials
 */
export async function login(
  deps: LoginDeps,
  { email, password, mfaCode }: Login,
  origin: Origin,
): Promise<Tokens> {
  const authority = await deps.directory.resolve({ email }, origin)
  const matches = await deps.checkPassword(authority?.user.id, password)
  if (authority && matches)
    return deps.signIn(authority, { method: 'password', amr: ['pwd'], mfaCode }, origin)

  if (authority) await recordFailure(deps, authority, 'wrong_password', origin)
  else await recordUnknown(deps, origin)
  throw wrongCredentials()
}

async function recordUnknown({ db }: LoginDeps, origin: Origin) {
  await inTenant(db, platformTenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId: platformTenantId,
      actor: { type: 'system', id: 'anonymous' },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason: 'unknown_user' },
    }),
  )
}
