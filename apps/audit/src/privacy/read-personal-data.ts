import type { PersonalDataPart, PersonalRecord } from '@gatehouse/contracts/personal-data'
import { readInPlatform, type Tx } from '@gatehouse/db/tenant'
import * as z from 'zod'
import type { Log } from '../log.ts'
import { open } from '../opening.ts'
import * as privacy from './repository.ts'

const entriesOfPart = 500

const Cursor = z.tuple([z.enum(['by', 'about']), z.uuid(), z.iso.datetime(), z.uuid()])

/**
 * What the log says of a person, in any tenant, a part at a time: what they did, and then what others did that is of them.
 * What is sealed for somebody else stays sealed, whoever did it. A cursor that it didn't give reads from the start.
 */
export async function readPersonalData(
  { db, keys }: Log,
  personId: string,
  cursor: string | undefined,
): Promise<PersonalDataPart> {
  const { data: place } = Cursor.safeParse(cursor?.split('_'))
  const side = place?.[0] ?? 'by'
  const after = place && { tenantId: place[1], occurredAt: place[2], id: place[3] }
  const read = (tx: Tx) =>
    (side === 'by' ? privacy.byActor : privacy.aboutSubject)(tx, personId, { limit: entriesOfPart, after })
  const entries = await readInPlatform(db, read)
  const table = side === 'by' ? 'entries by them' : 'entries about them'
  const records = await Promise.all(
    entries.map(async (entry) => ({ table, record: await recordOf(keys, entry) })),
  )
  return { records, nextCursor: nextOf(side, entries) }
}

function nextOf(side: 'by' | 'about', entries: readonly privacy.Entry[]) {
  const last = entries.at(-1)
  if (last && entries.length === entriesOfPart)
    return [side, last.tenantId, last.occurredAt.toISOString(), last.id].join('_')
  return side === 'by' ? ['about', beforeAll, new Date(0).toISOString(), beforeAll].join('_') : null
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
