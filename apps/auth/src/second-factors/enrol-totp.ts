import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Reauthentication, TotpEnrolment } from '@gatehouse/contracts/second-factors'
import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { factorExists } from '../errors.ts'
import type { Reauthenticate } from '../sign-in.ts'
import * as factors from './repository.ts'
import { describeTotp, newTotpSecret } from './totp.ts'
import { sealedAbout, type VerifyDeps } from './verify-code.ts'

type BeginDeps = Pick<VerifyDeps, 'db' | 'seal'>

/**
 * Begins to set up an authenticator app for somebody who is signed in.
 * @throws reauthenticationFailed
 * @throws factorExists
 */
export async function enrolTotp(
  deps: BeginDeps & { readonly reauthenticate: Reauthenticate },
  principal: Principal,
  proof: Reauthentication,
  origin: Origin,
): Promise<TotpEnrolment> {
  return beginTotp(deps, await deps.reauthenticate(principal, proof, origin))
}

/**
 * Makes a secret for an authenticator app, in place of one that was not confirmed. It counts for nothing until it is.
 * @throws factorExists
 */
export async function beginTotp(
  { db, seal }: BeginDeps,
  { user, tenant }: Authority,
): Promise<TotpEnrolment> {
  const id = uuidv7()
  const secret = newTotpSecret()
  const sealedSecret = await seal.seal(sealedAbout(id), secret)
  const isPending = await inPlatform(db, (tx) =>
    factors.insertPending(tx, { id, userId: user.id, kind: 'totp', sealedSecret }),
  )
  if (!isPending) throw factorExists()
  return describeTotp(secret, { issuer: tenant.name, account: user.email })
}
