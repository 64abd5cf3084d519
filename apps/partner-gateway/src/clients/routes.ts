import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/partner-clients'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { clientNotFound } from '../errors.ts'
import { acting, type ReachDeps, reading } from '../reach.ts'
import { createClient, type SecretDeps } from './create-client.ts'
import { deleteClient } from './delete-client.ts'
import * as clients from './repository.ts'
import { revokeClient } from './revoke-client.ts'
import { shown } from './shown.ts'
import { updateClient } from './update-client.ts'

interface Deps extends SecretDeps, ReachDeps {
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const clientRoutes: Routes<Deps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...contract.createPartnerClient,
    handler: async (request, reply) => {
      const { query, body, origin } = request
      const principal = await acting(deps, request.principal, query.tenantId)
      const asked = { principal, origin, request: repeatable(deps.requestKey, request) }
      return reply.code(201).send(await createClient(deps, body, asked))
    },
  })

  app.route({
    ...contract.listPartnerClients,
    handler: async (request) => {
      const { query } = request
      const { tenantId, read } = await reading(deps, request, query.tenantId)
      const page = await pageOfList(query, {
        of: tenantId,
        key: Id,
        rows: (part) => read((tx) => clients.page(tx, tenantId, part)),
        keyOf: ({ id }) => id,
        total: () => read((tx) => clients.total(tx, tenantId)),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })

  app.route({
    ...contract.getPartnerClient,
    handler: async (request, reply) => {
      const { tenantId, read } = await reading(deps, request, request.query.tenantId)
      const client = await read((tx) => clients.byId(tx, tenantId, request.params.id))
      if (!client) throw clientNotFound()
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.updatePartnerClient,
    handler: async ({ principal: caller, origin, params: { id }, query, body: changes, headers }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const principal = await acting(deps, caller, query.tenantId)
      const client = await updateClient(db, { id, changes, checkVersion }, { principal, origin })
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.revokePartnerClient,
    handler: async ({ principal: caller, origin, params: { id }, query }, reply) => {
      const principal = await acting(deps, caller, query.tenantId)
      const client = await revokeClient(db, id, { principal, origin })
      return reply.header('etag', entityTag(client.version)).send(shown(client))
    },
  })

  app.route({
    ...contract.deletePartnerClient,
    handler: async ({ principal: caller, origin, params: { id }, query, headers }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const principal = await acting(deps, caller, query.tenantId)
      await deleteClient(db, { id, checkVersion }, { principal, origin })
      return reply.code(204).send()
    },
  })
}
