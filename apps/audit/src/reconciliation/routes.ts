import { findMissingEvents } from '@gatehouse/contracts/reconciliation'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import { farBehind } from '../errors.ts'
import * as reconciliation from './repository.ts'

/** More events than this on their way are more than the consumer holds at a time: it is behind. */
const mostOnTheWay = 1000

interface Deps {
  readonly db: Database
  /** How many events wait to be recorded. Rejects when that can't be told. */
  readonly backlog: () => Promise<number>
}

export const reconciliationRoutes: Routes<Deps> = async (app, { db, backlog }) => {
  app.route({
    ...findMissingEvents,
    // A service asks about its own events only: its name is who the token is for.
    handler: async ({ principal, body: { events } }) => {
      // What lies in the stream is not lost: it need not be sent again.
      const waiting = await backlog().catch((cause) => {
        throw farBehind({ cause, headers: { 'retry-after': '5' } })
      })
      if (waiting > mostOnTheWay) throw farBehind({ headers: { 'retry-after': '5' } })
      return { missing: await readInPlatform(db, (tx) => reconciliation.missing(tx, principal.id, events)) }
    },
  })
}
