import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { FindFactors } from '../sign-in.ts'
import * as factors from './repository.ts'

export const createFindFactors =
  ({ db }: { db: Database }): FindFactors =>
  (userId) =>
    readInPlatform(db, (tx) => factors.confirmedFactors(tx, userId))
