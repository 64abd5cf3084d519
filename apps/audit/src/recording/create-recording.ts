import type { Database } from '@gatehouse/db/connect'
import type { Seal } from '@gatehouse/keys/seal'
import { createPartitions } from '../partitions.ts'
import type { SubjectKeys } from '../subject-keys.ts'
import { createAppend } from './append-entries.ts'
import { createDeadLetters } from './dead-letters.ts'
import type { Recording } from './record-events.ts'

interface Options {
  readonly db: Database
  /** Of the key-encryption key. */
  readonly seal: Seal
  readonly keys: SubjectKeys
}

/** Everything that recording needs. */
export const createRecording = ({ db, seal, keys }: Options): Recording => ({
  db,
  append: createAppend(keys),
  partitions: createPartitions(db),
  deadLetters: createDeadLetters(db, seal),
})
