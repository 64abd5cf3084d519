import type { LoginFailure } from '@gatehouse/contracts/auth-events'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inTenant, inTenantAtOnce, readInTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Background } from '../background.ts'
import type { Standing } from '../directory.ts'
import { wrongCredentials } from '../errors.ts'
import { wasIssuedLately } from '../one-time-tokens.ts'
import type { Policy } from '../policy.ts'
import type { CheckSecondFactor, SendVerification, SignIn } from '../sign-in.ts'
import { type SessionDeps, startSession } from './start-session.ts'

const quarterOfAnHour = 900

interface SignInDeps extends SessionDeps {
  readonly policy: Policy
  readonly throttle: Throttle
  readonly checkSecondFactor: CheckSecondFactor
  readonly sendVerification: SendVerification
  readonly background: Background
}

/** The one gate that every way of signing in goes through. */
export const createSignIn =
  (deps: SignInDeps): SignIn =>
  async (authority, proof, origin) => {
    const reason = refusalOf(authority, deps.policy)
    if (reason !== undefined) {
      if (reason === 'email_not_verified')
        deps.background('another verification mail', () => sendAgain(deps, authority))
      await recordFailure(deps, authority, reason, origin)
      throw wrongCredentials()
    }
    const further = await deps.checkSecondFactor(authority, proof, origin)
    return startSession(deps, authority, { ...proof, amr: [...proof.amr, ...further] }, origin)
  }

/** Why somebody may be signed in no more, whatever they show. */
export function refusalOf({ user, tenant }: Standing, policy: Policy): LoginFailure | undefined {
  if (user.status !== 'active') return 'not_active'
  if (tenant.status !== 'active') return 'tenant_not_active'
  if (policy.emailVerification === 'required' && !user.emailVerified) return 'email_not_verified'
  return undefined
}

/**
 * Who tries to sign in and still has to prove their address may have lost the mail; not within a quarter of an hour, in
 * which the link of the one before stays good.
 */
async function sendAgain({ db, throttle, sendVerification }: SignInDeps, authority: Standing) {
  const { id, tenantId } = authority.user
  if (await readInTenant(db, tenantId, (tx) => wasIssuedLately(tx, 'verify_email', id, quarterOfAnHour)))
    return
  const exhaustion = await throttle.tryTake([
    { key: `verification:account:${id}`, max: 5, windowSeconds: 3600 },
  ])
  if (!exhaustion) await inTenant(db, tenantId, (tx) => sendVerification(tx, authority))
}

/** Records an attempt to sign in that was refused: as somebody, or as nobody that is known. */
export async function recordFailure(
  { db }: Pick<SessionDeps, 'db'>,
  authority: Standing | undefined,
  reason: LoginFailure,
  origin: Origin,
) {
  const tenantId = authority?.user.tenantId ?? platformTenantId
  await inTenantAtOnce(db, tenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId,
      actor: authority ? { type: 'user', id: authority.user.id } : { type: 'system', id: 'anonymous' },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason },
    }),
  )
}
