import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/tenants'
import type { Database } from '@gatehouse/db/connect'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { tenantNotFound } from '../errors.ts'
import { reading, readingAll } from '../reach.ts'
import { changeStatus } from './change-status.ts'
import { createTenant } from './create-tenant.ts'
import * as tenants from './repository.ts'
import { shown } from './shown.ts'
import { updateTenant } from './update-tenant.ts'

interface Deps {
  readonly db: Database
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const tenantRoutes: Routes<Deps> = async (app, { db, requestKey }) => {
  app.route({
    ...contract.createTenant,
    handler: async ({ principal, url, headers, body, origin }, reply) => {
      const request = repeatable(requestKey, { principal, url, headers, body })
      const { tenant, version } = await createTenant(db, principal, body, { request, origin })
      return reply.code(201).header('etag', entityTag(version)).send(tenant)
    },
  })

  app.route({
    ...contract.listTenants,
    handler: async (request) => {
      const { type, ...query } = request.query
      const { tenantId, permissions } = request.principal
      const seesAll = permissions.has('platform:read')
      const id = seesAll ? undefined : tenantId
      const { read } = await (seesAll ? readingAll(db, request) : reading(db, request))
      const page = await pageOfList(query, {
        key: Id,
        rows: (part) => read((tx) => tenants.page(tx, { id, type }, part)),
        keyOf: (tenant) => tenant.id,
        total: () => read((tx) => tenants.total(tx, { id, type })),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })

  app.route({
    ...contract.getTenant,
    handler: async (request, reply) => {
      const { tenantId: id, read } = await reading(db, request, request.params.id)
      const tenant = await read((tx) => tenants.byId(tx, id))
      if (!tenant) throw tenantNotFound()
      return reply.header('etag', entityTag(tenant.version)).send(shown(tenant))
    },
  })

  app.route({
    ...contract.updateTenant,
    handler: async ({ principal, params: { id }, body, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const tenant = await updateTenant(db, principal, { id, changes: body, checkVersion }, origin)
      return reply.header('etag', entityTag(tenant.version)).send(shown(tenant))
    },
  })

  app.route({
    ...contract.countUsers,
    handler: async (request) => {
      const { tenantId: id, read } = await reading(db, request, request.params.id)
      const [tenant, counts] = await read((tx) =>
        Promise.all([tenants.byId(tx, id), tenants.countUsers(tx, id)]),
      )
      if (!tenant) throw tenantNotFound()
      const byStatus = { pending: 0, active: 0, suspended: 0, deleted: 0 }
      for (const { status, people } of counts) byStatus[status] = people
      return { count: counts.reduce((sum, { people }) => sum + people, 0), byStatus }
    },
  })
}

export const tenantStatusRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...contract.deleteTenant,
    handler: async ({ principal, params: { id }, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      await changeStatus(db, principal, { id, move: 'delete', checkVersion }, origin)
      return reply.code(204).send()
    },
  })

  const move = (id: string, move: 'suspend' | 'reactivate' | 'restore') => ({
    id,
    move,
    checkVersion: matching(undefined),
  })
  app.route({
    ...contract.suspendTenant,
    handler: async ({ principal, params: { id }, origin }) =>
      shown(await changeStatus(db, principal, move(id, 'suspend'), origin)),
  })
  app.route({
    ...contract.reactivateTenant,
    handler: async ({ principal, params: { id }, origin }) =>
      shown(await changeStatus(db, principal, move(id, 'reactivate'), origin)),
  })
  app.route({
    ...contract.restoreTenant,
    handler: async ({ principal, params: { id }, origin }) =>
      shown(await changeStatus(db, principal, move(id, 'restore'), origin)),
  })
}
