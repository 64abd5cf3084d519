import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/role-assignments'
import type { Database } from '@gatehouse/db/connect'
import { readInTenant } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import { userNotFound } from '../errors.ts'
import { acting, type Reading, reading } from '../reach.ts'
import { assignRoles, removeRoles } from './change-user-roles.ts'
import * as roles from './repository.ts'
import { shown } from './shown.ts'

export const assignmentRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...contract.listUserRoles,
    handler: async (request) => {
      const { tenantId, ...query } = request.query
      return rolesOf(await reading(db, request, tenantId), request.params.userId, query)
    },
  })

  /** What a change has made of somebody's roles; who may change them in a tenant has seen them there. */
  const afterwards = (tenantId: string, userId: string) =>
    rolesOf({ tenantId, read: (work) => readInTenant(db, tenantId, work) }, userId, { limit: 100 })

  app.route({
    ...contract.assignRoles,
    handler: async ({ principal, params: { userId }, query, body, origin }) => {
      const caller = acting(principal, query.tenantId)
      await assignRoles(db, caller, { userId, names: body.roles }, origin)
      return afterwards(caller.tenantId, userId)
    },
  })

  app.route({
    ...contract.removeRoles,
    handler: async ({ principal, params: { userId }, query, body, origin }) => {
      const caller = acting(principal, query.tenantId)
      await removeRoles(db, caller, { userId, names: body.roles }, origin)
      return afterwards(caller.tenantId, userId)
    },
  })
}

async function rolesOf({ tenantId, read }: Reading, userId: string, query: Parameters<typeof pageOfList>[0]) {
  if (!(await read((tx) => roles.isMember(tx, tenantId, userId)))) throw userNotFound()
  const page = await pageOfList(query, {
    of: tenantId,
    key: Id,
    rows: (part) => read((tx) => roles.ofUser(tx, tenantId, userId, part)),
    keyOf: ({ id }) => id,
    total: () => read((tx) => roles.countOfUser(tx, tenantId, userId)),
  })
  return { ...page, data: page.data.map(shown) }
}
