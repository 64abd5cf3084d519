import type { Database } from '@gatehouse/db/connect'
import type { Append } from './entry.ts'
import type { Partitions } from './partitions.ts'
import type { SubjectKeys } from './subject-keys.ts'

/** The log, to be read and appended to. */
export interface Log {
  readonly db: Database
  readonly keys: SubjectKeys
  readonly append: Append
  readonly partitions: Partitions
}
