import { getPartnerClientUsage } from '@gatehouse/contracts/partner-usage'
import type { Routes } from '@gatehouse/http/routes'
import { type ReachDeps, reading } from '../reach.ts'
import { showUsage } from './show-usage.ts'

export const usageRoutes: Routes<ReachDeps> = async (app, deps) => {
  app.route({
    ...getPartnerClientUsage,
    handler: async (request) => {
      const { tenantId: wanted, ...days } = request.query
      const { tenantId, read } = await reading(deps, request, wanted)
      return read((tx) => showUsage(tx, { tenantId, clientId: request.params.id, ...days }))
    },
  })
}
