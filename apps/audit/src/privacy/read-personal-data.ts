import type { PersonalDataPart, PersonalRecord } from '@gatehouse/contracts/personal-data'
import { readInPlatform } from '@gatehouse/db/tenant'
import * as z from 'zod'
import type { Log } from '../log.ts'
import { open } from '../opening.ts'
import * as privacy from './repository.ts'

const entriesOfPart = 500

/** Of each, how it is read and what its entries are called; one after the other. */
const sides = {
  by: { read: privacy.byActor, table: 'entries by them' },
  keys: { read: privacy.byKeysOf, table: 'entries by their API keys' },
  about: { read: privacy.aboutSubject, table: 'entries about them' },
} as const
type Side = keyof typeof sides
const names = Object.keys(sides) as Side[]

const Cursor = z.tuple([z.enum(names), z.uuid(), z.iso.datetime(), z.uuid()])

/**
 * What the log says of a person, in any tenant, a part at a time: what they did, by API keys too, and then what
 * others did that is of them. What is sealed for somebody else stays sealed, whoever did it. A cursor that it didn't give reads from the start.
 */
export async function readPersonalData(
  { db, keys }: Log,
  personId: string,
  cursor: string | undefined,
): Promise<PersonalDataPart> {
  const { data: place } = Cursor.safeParse(cursor?.split('_'))
  const side = place?.[0] ?? 'by'
  const after = place && { tenantId: place[1], occurredAt: place[2], id: place[3] }
  const { read, table } = sides[side]
  const entries = await readInPlatform(db, (tx) => read(tx, personId, { limit: entriesOfPart, after }))
  const records = await Promise.all(
    entries.map(async (entry) => ({ table, record: await recordOf(keys, entry) })),
  )
  return { records, nextCursor: nextOf(side, entries) }
}

function nextOf(side: Side, entries: readonly privacy.Entry[]) {
  const last = entries.at(-1)
  if (last && entries.length === entriesOfPart)
    return [side, last.tenantId, last.occurredAt.toISOString(), last.id].join('_')
  const next = names[names.indexOf(side) + 1]
  return next ? [next, beforeAll, new Date(0).toISOString(), beforeAll].join('_') : null
}

const beforeAll = '00000000-0000-0000-0000-000000000000'

async function recordOf(keys: Log['keys'], entry: privacy.Entry): Promise<PersonalRecord['record']> {
  const { origin, details } = await open(keys, entry)
  const { id, tenantId, service, actorType, actorId, action, resource, resourceId } = entry
  const occurredAt = entry.occurredAt.toISOString()
  const clear = { id, tenantId, occurredAt, service, actorType, actorId, action, resource, resourceId }
  return {
    ...clear,
    origin: origin?.value ?? null,
    details: details?.value ?? null,
  } as PersonalRecord['record']
}
