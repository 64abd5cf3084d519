import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { signInAgain } from '../errors.ts'
import * as privacy from './repository.ts'

const freshSeconds = 300

/** @throws signInAgain to who has not proven themselves within five minutes */
export async function refuseStale(
  tx: Tx,
  { id, sessionId = '' }: Principal,
  { lifeMs }: { readonly lifeMs: number },
): Promise<void> {
  const session = await privacy.timesOfSession(tx, id, sessionId)
  if (!session || !isFresh(session, lifeMs)) throw signInAgain(freshSeconds)
}

/**
 * Whether somebody signed in lately. A session that took the place of another, in another tenant, ends when that would
 * have: so its end, not its beginning, tells when they proved who they are. A life that was set otherwise meanwhile would
 * make that later than the beginning; then nothing is known.
 */
function isFresh({ createdAt, expiresAt }: { createdAt: Date; expiresAt: Date }, lifeMs: number) {
  const signedInAt = expiresAt.getTime() - lifeMs
  return signedInAt <= createdAt.getTime() + 1_000 && Date.now() - signedInAt <= freshSeconds * 1_000
}
