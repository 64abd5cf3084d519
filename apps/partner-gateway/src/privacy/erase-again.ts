import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import * as privacy from './repository.ts'

/**
 * Erases again whoever is back of those who were erased, since the database was restored from a backup.
 * @param digests SHA-256 of their ids, hexadecimal
 * @returns how many there were
 */
export const eraseAgain = (db: Database, digests: readonly string[]): Promise<number> =>
  inPlatform(db, async (tx) => {
    const back = await privacy.whoIsBack(tx, digests)
    for (const userId of back) await privacy.erase(tx, userId)
    return back.length
  })
