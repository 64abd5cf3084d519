import { getPartnerClientUsage } from '@gatehouse/contracts/partner-usage'
import type { Database } from '@gatehouse/db/connect'
import type { Routes } from '@gatehouse/http/routes'
import { showUsage } from './show-usage.ts'

export const usageRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...getPartnerClientUsage,
    handler: ({ principal, params, query }) => showUsage(db, principal, { clientId: params.id, ...query }),
  })
}
