import * as z from 'zod'

const maxDepth = 5
const maxBytes = 16_384
const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether a key reaches into JavaScript's prototypes where objects are merged. */
export const isReservedKey = (key: string) => reservedKeys.has(key)

/** A JSON object as answers carry it: whatever was stored. */
export const JsonRecord = z.record(z.string(), z.unknown())

/** PostgreSQL's jsonb knows no U+0000 and no lone surrogate. */
const isStorableText = (text: string) => text.isWellFormed() && !text.includes('\0')

/** Looks no deeper than `depth`, so that what is nested ever so deep costs nothing. */
function isStorable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  if (Array.isArray(value)) return value.every((item) => isStorable(item, depth - 1))
  return Object.entries(value).every(
    ([key, item]) => !isReservedKey(key) && isStorableText(key) && isStorable(item, depth - 1),
  )
}

const isSmall = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length <= maxBytes

/**
 * A JSON object as requests may send it: at most 5 levels deep and 16 KiB, without keys that reach into JavaScript's
 * prototypes. Checked before it is read as a record, because reading drops `__proto__` without a word.
 */
export const JsonRecordInput = z
  .unknown()
  .refine((value) => isStorable(value, maxDepth), {
    abort: true,
    error: `Must be at most ${maxDepth} levels deep, of well-formed Unicode, without reserved keys`,
  })
  .refine(isSmall, { abort: true, error: 'Must be at most 16 KiB' })
  .pipe(JsonRecord)
  .meta({ type: 'object', additionalProperties: true }) as unknown as typeof JsonRecord
