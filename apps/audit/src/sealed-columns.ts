import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { aboutCheckpointKey } from './ledger/checkpoint-keys.ts'
import { deadLetters, subjectKeys } from './privacy-tables.ts'
import { aboutDeadLetter } from './recording/dead-letters.ts'
import { aboutSubjectKey } from './subject-keys.ts'
import { checkpointKeys } from './tables.ts'

/** Everything in this service's database that a key-encryption key has sealed; what is under the keys of subjects is not. */
export const sealedColumns: readonly SealedColumn[] = [
  { column: subjectKeys.sealedKey, of: subjectKeys.subjectId, about: aboutSubjectKey },
  { column: checkpointKeys.sealedKey, of: checkpointKeys.name, about: aboutCheckpointKey },
  { column: deadLetters.sealedBody, of: deadLetters.id, about: aboutDeadLetter },
]
