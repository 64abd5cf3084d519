import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/role-assignments'
import type { Database } from '@gatehouse/db/connect'
import { readInTenant } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import { userNotFound } from '../errors.ts'
import { assignRoles, removeRoles } from './change-user-roles.ts'
import * as roles from './repository.ts'
import { shown } from './shown.ts'

export const assignmentRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  const rolesOf = async (tenantId: string, userId: string, query: Parameters<typeof pageOfList>[0]) => {
    const isMember = await readInTenant(db, tenantId, (tx) => roles.isMember(tx, tenantId, userId))
    if (!isMember) throw userNotFound()
    const page = await pageOfList(query, {
      key: Id,
      rows: (part) => readInTenant(db, tenantId, (tx) => roles.ofUser(tx, tenantId, userId, part)),
      keyOf: ({ id }) => id,
      total: () => readInTenant(db, tenantId, (tx) => roles.countOfUser(tx, tenantId, userId)),
    })
    return { ...page, data: page.data.map(shown) }
  }

  app.route({
    ...contract.listUserRoles,
    handler: ({ principal: { tenantId }, params, query }) => rolesOf(tenantId, params.userId, query),
  })

  app.route({
    ...contract.assignRoles,
    handler: async ({ principal, params: { userId }, body, origin }) => {
      await assignRoles(db, principal, { userId, names: body.roles }, origin)
      return rolesOf(principal.tenantId, userId, { limit: 100 })
    },
  })

  app.route({
    ...contract.removeRoles,
    handler: async ({ principal, params: { userId }, body, origin }) => {
      await removeRoles(db, principal, { userId, names: body.roles }, origin)
      return rolesOf(principal.tenantId, userId, { limit: 100 })
    },
  })
}
