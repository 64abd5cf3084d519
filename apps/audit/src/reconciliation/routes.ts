import { findMissingEvents } from '@gatehouse/contracts/reconciliation'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import * as reconciliation from './repository.ts'

export const reconciliationRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...findMissingEvents,
    // A service asks about its own events only: its name is who the token is for.
    handler: async ({ principal, body: { events } }) => ({
      missing: await readInPlatform(db, (tx) => reconciliation.missing(tx, principal.id, events)),
    }),
  })
}
