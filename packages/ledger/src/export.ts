import type { Leaf } from './leaf.ts'

export const exportFormat = 'gatehouse-audit-export'
export const exportVersion = 1

/** The first line of an export. The others are the entries of the tenant's ledger, all of them, in its order. */
export interface ExportHeader {
  readonly format: typeof exportFormat
  readonly version: typeof exportVersion
  readonly tenantId: string
  /** The signed checkpoint of just as many entries as follow. */
  readonly checkpoint: string
  /** Entries before this index may be past retention; the text of none from here on may be missing. */
  readonly retainedFrom: number
}

/**
 * An entry: what its leaf holds, and the personal data that the leaf commits to. `origin` and `details` are null where there
 * never was any, and where it was erased: then its commitment stays.
 */
export interface ExportedEntry extends Omit<Leaf, 'tenantId'> {
  readonly origin: Disclosure | null
  readonly details: Disclosure | null
  /** Base64: its hash as the tree has it (tile level 0), not one that was made for the export. */
  readonly leafHash: string
}

/** An entry whose text is past retention: its place in the tree stays. */
export type ExportedHash = Pick<ExportedEntry, 'index' | 'leafHash'>

/** What a commitment was made of: `commitment(salt, canonical(value))`. */
export interface Disclosure {
  /** Base64, 32 bytes. */
  readonly salt: string
  readonly value: unknown
}

/** @throws {TypeError} if the line is no such header, saying what is wrong with it */
export function parseExportHeader(line: string): ExportHeader {
  const { format, version, tenantId, checkpoint, retainedFrom } = parseObject(line)
  if (format !== exportFormat) throw new TypeError('the first line is not the header of an export')
  if (version !== exportVersion) throw new TypeError('this version of exports is not known')
  if (!isUuid(tenantId) || typeof checkpoint !== 'string' || !isIndex(retainedFrom)) {
    throw new TypeError('the header of the export is incomplete')
  }
  return { format, version, tenantId, checkpoint, retainedFrom }
}

const text = ['id', 'occurredAt', 'service', 'actorType', 'actorId', 'action', 'resource'] as const
const textOrNull = ['resourceId', 'correlationId', 'originCommitment', 'detailsCommitment'] as const
const members = new Set<string>(['index', ...text, ...textOrNull, 'origin', 'details', 'leafHash'])

/**
 * One entry of an export; it is not verified. A member that no leaf commits to is refused: it would be believed.
 * @throws {TypeError} if the line is no entry, saying what is wrong with it
 */
export function parseExportEntry(line: string): ExportedEntry | ExportedHash {
  const entry: Partial<Record<keyof ExportedEntry, unknown>> = parseObject(line)
  if (!isIndex(entry.index)) throw new TypeError('an entry has its index')
  if (typeof entry.leafHash !== 'string') throw new TypeError('an entry has its leafHash')
  const names = Object.keys(entry)
  if (names.length === 2) return entry as unknown as ExportedHash
  const unknown = names.find((name) => !members.has(name))
  if (unknown !== undefined) throw new TypeError(`an entry has no member ${JSON.stringify(unknown)}`)
  for (const name of text) if (typeof entry[name] !== 'string') throw new TypeError(`${name} is not text`)
  for (const name of textOrNull) {
    if (typeof entry[name] !== 'string' && entry[name] !== null)
      throw new TypeError(`${name} is not text or null`)
  }
  for (const name of ['origin', 'details'] as const) {
    if (!isDisclosure(entry[name])) throw new TypeError(`${name} is not null, and not a salt with a value`)
  }
  return entry as unknown as ExportedEntry
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new TypeError('this is not JSON', { cause })
  }
  if (typeof value !== 'object' || value === null) throw new TypeError('this is not a JSON object')
  return value as Record<string, unknown>
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isDisclosure(value: unknown): value is Disclosure | null {
  if (value === null) return true
  return typeof value === 'object' && 'salt' in value && typeof value.salt === 'string' && 'value' in value
}
