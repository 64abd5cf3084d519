/** The entry that says that entries past retention were dropped; its metadata is a `Dropping`. */
export const droppingAction = 'audit_log.entries_dropped'

/** What a ledger says of entries that were dropped. */
export interface Dropping {
  /** So many. */
  readonly entries: number
  /** From this index on none was ever dropped, until the next such entry. */
  readonly retainedFrom: number
  /** How long they had been kept. */
  readonly days: number
}

/** @returns undefined if the metadata of an entry is none */
export function parseDropping(metadata: unknown): Dropping | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined
  const { entries, retainedFrom, days } = metadata as Partial<Record<keyof Dropping, unknown>>
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
  if (!isWhole(entries) || !isWhole(retainedFrom) || !isWhole(days)) return undefined
  return { entries, retainedFrom, days }
}
