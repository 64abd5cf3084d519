import type { ErasureProof } from '@gatehouse/contracts/erasure'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { reauthenticationFailed } from '../errors.ts'
import type { EndSessions, Reauthenticate } from '../sign-in.ts'
import { refuseStale } from './refuse-stale.ts'
import * as privacy from './repository.ts'

export interface AuthorisationDeps {
  readonly db: Database
  readonly sessionTimes: { readonly lifeMs: number }
  readonly reauthenticate: Reauthenticate
  readonly endSessions: EndSessions
}

/**
 * Makes sure that it is the caller themselves who wants to be erased, and signs them out everywhere: by their password, and
 * a code if they have a second factor; who has no password has just signed in.
 * @throws reauthenticationFailed, signInAgain
 */
export async function authoriseErasure(
  { db, sessionTimes, reauthenticate, endSessions }: AuthorisationDeps,
  principal: Principal,
  { password, mfaCode }: ErasureProof,
  origin: Origin,
): Promise<void> {
  const { id: userId } = principal
  if (password !== undefined) {
    await reauthenticate(principal, { password, ...(mfaCode !== undefined && { mfaCode }) }, origin)
  } else {
    await readInPlatform(db, async (tx) => {
      if (await privacy.hasPassword(tx, userId)) throw reauthenticationFailed()
      await refuseStale(tx, principal, sessionTimes)
    })
  }
  await inPlatform(db, (tx) =>
    endSessions(tx, { userId }, { reason: 'logout_everywhere', actor: principal, origin }),
  )
}
