import type { Database } from '@gatehouse/db/connect'
import type { FindFactors } from '../sign-in.ts'
import * as factors from './repository.ts'

export const createFindFactors =
  ({ db }: { db: Database }): FindFactors =>
  (userId) =>
    factors.factorsToCheck(db.orm, userId)
