import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/partner-clients'
import { readInTenant } from '@gatehouse/db/tenant'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { clientNotFound } from '../errors.ts'
import { createClient, type SecretDeps } from './create-client.ts'
import { deleteClient } from './delete-client.ts'
import * as clients from './repository.ts'
import { revokeClient } from './revoke-client.ts'
import { shown } from './shown.ts'
import { updateClient } from './update-client.ts'

interface Deps extends SecretDeps {
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const clientRoutes: Routes<Deps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...contract.createPartnerClient,
    handler: async (request, reply) => {
      const { principal, body, origin } = request
      const asked = { principal, origin, request: repeatable(deps.requestKey, request) }
      return reply.code(201).send(await createClient(deps, body, asked))
    },
  })

  app.route({
    ...contract.listPartnerClients,
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

  app.route({
    ...contract.getPartnerClient,
    handler: async ({ principal: { tenantId }, params: { id } }, reply) => {
      const client = await readInTenant(db, tenantId, (tx) => clients.byId(tx, tenantId, id))
      if (!client) throw clientNotFound()
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.updatePartnerClient,
    handler: async ({ principal, origin, params: { id }, body: changes, headers }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const client = await updateClient(db, { id, changes, checkVersion }, { principal, origin })
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.revokePartnerClient,
    handler: async ({ principal, origin, params: { id } }, reply) => {
      const client = await revokeClient(db, id, { principal, origin })
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.deletePartnerClient,
    handler: async ({ principal, origin, params: { id }, headers }, reply) => {
      const checkVersion = matching(headers['if-match'])
      await deleteClient(db, { id, checkVersion }, { principal, origin })
      return reply.code(204).send()
    },
  })
}
