import type { PersonalDataPart } from '@gatehouse/contracts/personal-data'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { refuseStale } from './refuse-stale.ts'
import * as privacy from './repository.ts'

interface ReadingDeps {
  readonly db: Database
  readonly sessionTimes: { readonly lifeMs: number }
}

/**
 * What auth holds on the caller, a part at a time.
 * @throws signInAgain to who has not proven themselves within five minutes, when they ask for the first part
 */
export function readPersonalData(
  { db, sessionTimes }: ReadingDeps,
  principal: Principal,
  cursor: string | undefined,
): Promise<PersonalDataPart> {
  return readInPlatform(db, async (tx) => {
    if (cursor === undefined) await refuseStale(tx, principal, sessionTimes)
    return privacy.personalData(tx, principal.id, cursor)
  })
}
