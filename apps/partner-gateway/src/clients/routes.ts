import { Id } from '@gatehouse/contracts/identifiers'
import {
  createPartnerClient,
  listPartnerClients,
  type PartnerClient,
} from '@gatehouse/contracts/partner-clients'
import type { Database } from '@gatehouse/db/connect'
import { readInTenant } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import { createClient } from './create-client.ts'
import * as clients from './repository.ts'

export const clientRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...createPartnerClient,
    handler: async ({ principal, body, origin }, reply) => {
      const { client, clientSecret } = await createClient(db, principal, body, origin)
      return reply.code(201).send({ ...shown(client), clientSecret })
    },
  })

  app.route({
    ...listPartnerClients,
    handler: async ({ principal: { tenantId }, query }) => {
      const page = await pageOfList(query, {
        key: Id,
        rows: (part) => readInTenant(db, tenantId, (tx) => clients.page(tx, tenantId, part)),
        keyOf: ({ id }) => id,
        total: () => readInTenant(db, tenantId, (tx) => clients.total(tx, tenantId)),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })
}

function shown({ createdAt, lastUsedAt, revokedAt, ...client }: clients.Client): PartnerClient {
  return {
    ...client,
    status: revokedAt ? 'revoked' : 'active',
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  }
}
