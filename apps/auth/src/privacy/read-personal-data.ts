import type { PersonalDataPart } from '@gatehouse/contracts/personal-data'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { signInAgain } from '../errors.ts'
import * as privacy from './repository.ts'

export interface PrivacyDeps {
  readonly db: Database
  readonly sessionTimes: { readonly lifeMs: number }
}

const freshSeconds = 300

/**
 * What auth holds on the caller, a part at a time.
 * @throws signInAgain to who has not proven themselves within five minutes, when they ask for the first part
 */
export function readPersonalData(
  { db, sessionTimes }: PrivacyDeps,
  { id, sessionId = '' }: Principal,
  cursor: string | undefined,
): Promise<PersonalDataPart> {
  return readInPlatform(db, async (tx) => {
    if (cursor === undefined) {
      const session = await privacy.timesOfSession(tx, id, sessionId)
      if (!session || !isFresh(session, sessionTimes.lifeMs)) throw signInAgain(freshSeconds)
    }
    return privacy.personalData(tx, id, cursor)
  })
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
