import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import { outbox } from './outbox.ts'
import { supervise } from './supervise.ts'

/**
 * Asks audit which events of the service's own are of people who were erased, some at a time, and tells it which are gone
 * from the outbox. Rejects while it can't say.
 */
export type AskForRemnants = (cleared: readonly string[]) => Promise<readonly string[]>

interface RemnantOptions {
  readonly db: Database
  readonly log: Log
  readonly ask: AskForRemnants
  /** From one look to the next. Milliseconds. */
  readonly everyMs?: number
}

export interface Remnants {
  /** Clears away what audit knows of now. */
  clear(): Promise<void>
  stop(): Promise<void>
}

/**
 * Clears out of the outbox, before their week is over, events of people who were erased. Audit, which has them, says which:
 * so none is lost, and no event has to be written so that it can be found by its person.
 */
export function startClearingRemnants({ db, log, ask, everyMs = 10_000 }: RemnantOptions): Remnants {
  const bell = createBell()
  const clear = () => clearRemnants(db, ask)
  const { stop } = supervise({
    what: 'the clearing away of what is of people who were erased',
    log,
    session: async (stopping) => {
      stopping.addEventListener('abort', bell.ring)
      while (!stopping.aborted) {
        await clear()
        await bell.wait(everyMs)
      }
    },
  })
  return { clear, stop }
}

async function clearRemnants(db: Database, ask: AskForRemnants): Promise<void> {
  let remnants = await ask([])
  while (remnants.length > 0) {
    const part = remnants
    const cleared = await inPlatform(db, (tx) => clearSent(tx, part))
    // What audit has, but is not marked as sent yet, is for the next time.
    if (cleared.length === 0) return
    remnants = await ask(cleared)
  }
}

/** @returns those that are not there any more */
async function clearSent(tx: Tx, eventIds: readonly string[]): Promise<string[]> {
  const among = sql`event_id in (select value::uuid from json_array_elements_text(${JSON.stringify(eventIds)}::json))`
  await tx.execute(sql`select set_config('app.clears_remnants', 'on', true)`)
  await tx.execute(sql`delete from ${outbox} where ${among} and sent_at is not null`)
  const left = await tx.execute<{ id: string }>(sql`select event_id as id from ${outbox} where ${among}`)
  const there = new Set(left.map(({ id }) => id))
  return eventIds.filter((id) => !there.has(id))
}
