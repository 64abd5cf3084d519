import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createBell } from '@gatehouse/events/bell'
import { eraseMessages } from '@gatehouse/events/erase-message'
import type { Log } from '@gatehouse/events/log'
import type { Nats } from '@gatehouse/events/nats'
import { supervise } from '@gatehouse/events/supervise'
import * as remnants from './remnant-repository.ts'

const batch = 100
const everyMs = 1000

/** What makes messages of people who were forgotten go from the stream. */
export interface MessageErasure {
  /** Resolves once all are gone that are noted now. @throws when that takes more than 2 s, or NATS is away */
  settle(): Promise<void>
  stop(): Promise<void>
}

/**
 * Erases from the stream IDENTITY, for as long as the process lives, what is of people who were forgotten. Audit does it, who
 * alone knows that it has recorded a message, and so that nothing is lost with it; also what comes late, or comes again.
 */
export function startErasingMessages(deps: { db: Database; nats: Nats; log: Log }): MessageErasure {
  const { db, nats, log } = deps
  const bell = createBell()
  const { stop } = supervise({
    what: 'the erasure of messages',
    log,
    session: async (stopping) => {
      stopping.addEventListener('abort', bell.ring)
      while (!stopping.aborted) {
        if ((await eraseSome(db, nats)) < batch) await bell.wait(everyMs)
      }
    },
  })
  return {
    stop,
    async settle() {
      const endsAt = performance.now() + 2000
      const notedUntil = await readInPlatform(db, remnants.newestMessage)
      while (await readInPlatform(db, (tx) => remnants.isAnyMessage(tx, notedUntil))) {
        if (performance.now() > endsAt) throw new Error('messages are left to be erased')
        bell.ring()
        await delay(20)
      }
    },
  }
}

/** @returns how many there were */
async function eraseSome(db: Database, nats: Nats): Promise<number> {
  const some = await readInPlatform(db, (tx) => remnants.firstMessages(tx, batch))
  if (some.length === 0) return 0
  await eraseMessages(nats, some)
  await inPlatform(db, (tx) => remnants.deleteMessages(tx, some))
  return some.length
}
