import type { Details, Origin } from './entry.ts'
import { type Unsealed, unseal } from './sealing.ts'
import type { SubjectKeys } from './subject-keys.ts'

/** What is personal of a stored entry, as the database has it together with the keys. */
export interface SealedParts {
  readonly id: string
  readonly originSubject: string | null
  readonly originCommitment: Buffer | null
  readonly originSealed: Buffer | null
  readonly originKey: string | null
  readonly detailsSubject: string | null
  readonly detailsCommitment: Buffer | null
  readonly detailsSealed: Buffer | null
  readonly detailsKey: string | null
}

/** Null where there is none, or no more. */
export interface OpenedParts {
  readonly origin: Opened<Origin> | null
  readonly details: Opened<Details> | null
  /** Whether something of it can't be read any more. */
  readonly isErased: boolean
}

export interface Opened<T> extends Unsealed {
  readonly value: T
}

export async function open(keys: SubjectKeys, entry: SealedParts): Promise<OpenedParts> {
  const { originSubject, originSealed, originKey, detailsSubject, detailsSealed, detailsKey } = entry
  const [origin, details] = await Promise.all([
    openPart<Origin>(keys, `origin of ${entry.id}`, [originSubject, originKey, originSealed]),
    openPart<Details>(keys, `details of ${entry.id}`, [detailsSubject, detailsKey, detailsSealed]),
  ])
  const isErased =
    (origin === null) !== (originSubject === null) || (details === null) !== (detailsSubject === null)
  return { origin, details, isErased }
}

type Part = readonly [subjectId: string | null, sealedKey: string | null, sealed: Buffer | null]

async function openPart<T>(keys: SubjectKeys, about: string, part: Part): Promise<Opened<T> | null> {
  const [subjectId, sealedKey, sealed] = part
  if (subjectId === null || sealedKey === null || sealed === null) return null
  const unsealed = unseal(await keys.open(subjectId, sealedKey), about, sealed)
  return unsealed ? { ...unsealed, value: JSON.parse(unsealed.json) as T } : null
}
