import { getPartnerJwks } from '@gatehouse/contracts/partner-token'
import type { Database } from '@gatehouse/db/connect'
import type { Routes } from '@gatehouse/http/routes'
import { publishedKeys } from '@gatehouse/keys/published-keys'

export const keyRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...getPartnerJwks,
    handler: async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=60').send({ keys: await publishedKeys(db) }),
  })
}
