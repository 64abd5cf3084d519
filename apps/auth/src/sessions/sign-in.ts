import type { LoginFailure } from '@gatehouse/contracts/events'
import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { wrongCredentials } from '../errors.ts'
import type { CheckSecondFactor, SignIn } from '../sign-in.ts'
import { type SessionDeps, startSession } from './start-session.ts'

interface SignInDeps extends SessionDeps {
  readonly checkSecondFactor: CheckSecondFactor
}

/** The one gate that every way of signing in goes through. */
export const createSignIn =
  (deps: SignInDeps): SignIn =>
  async (authority, proof, origin) => {
    const refusal = refusalOf(authority)
    if (refusal !== undefined) {
      await recordFailure(deps, authority, refusal, origin)
      throw wrongCredentials()
    }
    const further = await deps.checkSecondFactor(authority, proof, origin)
    return startSession(deps, authority, { ...proof, amr: [...proof.amr, ...further] }, origin)
  }

function refusalOf({ user, tenant }: Authority): LoginFailure | undefined {
  if (user.status !== 'active') return 'not_active'
  if (tenant.status !== 'active') return 'tenant_not_active'
  return undefined
}

/** Records an attempt to sign in as somebody that was refused. */
export async function recordFailure(
  { db }: Pick<SessionDeps, 'db'>,
  { user: { id, tenantId } }: Authority,
  reason: LoginFailure,
  origin: Origin,
) {
  await inTenant(db, tenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId,
      actor: { type: 'user', id },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason },
    }),
  )
}
