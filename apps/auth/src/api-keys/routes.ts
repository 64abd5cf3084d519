import * as contract from '@gatehouse/contracts/api-keys'
import type { Principal } from '@gatehouse/contracts/principal'
import { idempotencyKeyReused } from '@gatehouse/contracts/problems'
import type { RepeatableRequest } from '@gatehouse/db/idempotency'
import { readInTenant } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import { type ApiKeyDeps, createApiKey } from './create-api-key.ts'
import { deleteApiKey } from './delete-api-key.ts'
import * as apiKeys from './repository.ts'
import { rerollApiKey } from './reroll-api-key.ts'

const Position = z.tuple([z.iso.datetime(), z.uuid()])

interface Deps extends ApiKeyDeps {
  /** Goes into the digests of what is asked, where that may be asked twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const apiKeyRoutes: Routes<Deps> = async (app, deps) => {
  const { db } = deps
  const repeatable = ({ principal, headers, method, url, body }: Request): RepeatableRequest => ({
    key: headers['idempotency-key'],
    tenantId: principal.tenantId,
    actorId: principal.id,
    method,
    path: url,
    body,
    bodyKey: deps.requestKey,
    reused: idempotencyKeyReused,
  })

  app.route({
    ...contract.listApiKeys,
    handler: async ({ principal: { tenantId }, query: { userId, ...query } }) => {
      const filter = { tenantId, userId }
      const page = await pageOfList(query, {
        key: Position,
        rows: (part) => readInTenant(db, tenantId, (tx) => apiKeys.page(tx, filter, part)),
        keyOf: ({ createdAt, id }) => [createdAt.toISOString(), id] as [string, string],
        total: () => readInTenant(db, tenantId, (tx) => apiKeys.total(tx, filter)),
      })
      return { ...page, data: page.data.map(apiKeys.shown) }
    },
  })

  app.route({
    ...contract.createApiKey,
    handler: async (request, reply) => {
      const { principal, body, origin } = request
      const asked = { principal, request: repeatable(request), origin }
      return reply.code(201).send(await createApiKey(deps, body, asked))
    },
  })

  app.route({
    ...contract.rerollApiKey,
    handler: async (request, reply) => {
      const { principal, params, body, origin } = request
      const asked = { principal, request: repeatable(request), origin }
      return reply.code(201).send(await rerollApiKey(deps, { ...params, ...body }, asked))
    },
  })

  app.route({
    ...contract.deleteApiKey,
    handler: async ({ principal, params, origin }, reply) => {
      await deleteApiKey(db, principal, params.id, origin)
      return reply.code(204).send()
    },
  })
}

/** What tells one request of a client from another. */
interface Request {
  readonly principal: Principal
  readonly headers: { readonly 'idempotency-key'?: string | undefined }
  readonly method: string
  readonly url: string
  readonly body: unknown
}
