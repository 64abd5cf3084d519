import { Id } from '@gatehouse/contracts/identifiers'
import { permissionNames, permissions } from '@gatehouse/contracts/permissions'
import * as contract from '@gatehouse/contracts/roles'
import type { Database } from '@gatehouse/db/connect'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { roleNotFound } from '../errors.ts'
import { acting, reading } from '../reach.ts'
import { createRole } from './create-role.ts'
import { deleteRole } from './delete-role.ts'
import * as roles from './repository.ts'
import { shown } from './shown.ts'
import { updateRole } from './update-role.ts'

interface Deps {
  readonly db: Database
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export const roleRoutes: Routes<Deps> = async (app, { db, requestKey }) => {
  app.route({ ...contract.listPermissions, handler: async () => catalogue })

  app.route({
    ...contract.listRoles,
    handler: async (request) => {
      const { tenantId: wanted, ...query } = request.query
      const { tenantId, read } = await reading(db, request, wanted)
      const page = await pageOfList(query, {
        of: tenantId,
        key: Id,
        rows: (part) => read((tx) => roles.page(tx, tenantId, part)),
        keyOf: ({ id }) => id,
        total: () => read((tx) => roles.total(tx, tenantId)),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })

  app.route({
    ...contract.getRole,
    handler: async (request, reply) => {
      const { tenantId, read } = await reading(db, request, request.query.tenantId)
      const role = await read((tx) => roles.byId(tx, tenantId, request.params.id))
      if (!role) throw roleNotFound()
      return reply.header('etag', entityTag(role.version)).send(shown(role))
    },
  })

  app.route({
    ...contract.createRole,
    handler: async ({ principal, url, query, headers, body, origin }, reply) => {
      const request = repeatable(requestKey, { principal, url, headers, body })
      const { role, version } = await createRole(db, acting(principal, query.tenantId), body, {
        request,
        origin,
      })
      return reply.code(201).header('etag', entityTag(version)).send(role)
    },
  })

  app.route({
    ...contract.updateRole,
    handler: async ({ principal, params: { id }, query, body, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const caller = acting(principal, query.tenantId)
      const role = await updateRole(db, caller, { id, changes: body, checkVersion }, origin)
      return reply.header('etag', entityTag(role.version)).send(shown(role))
    },
  })

  app.route({
    ...contract.deleteRole,
    handler: async ({ principal, params: { id }, query, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      await deleteRole(db, acting(principal, query.tenantId), { id, checkVersion }, origin)
      return reply.code(204).send()
    },
  })
}

const catalogue = {
  data: permissionNames.flatMap((name) => {
    const { grantable, description } = permissions[name]
    return grantable === 'service' ? [] : [{ name, grantable, description }]
  }),
}
