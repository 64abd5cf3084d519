import * as contract from '@gatehouse/contracts/users'
import type { Database } from '@gatehouse/db/connect'
import { readInTenant } from '@gatehouse/db/tenant'
import { entityTag } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import { userNotFound } from '../errors.ts'
import { deactivateUser, reactivateUser } from './change-status.ts'
import * as users from './repository.ts'
import { shown } from './shown.ts'

export const userRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...contract.listUsers,
    handler: async ({ principal: { tenantId }, query: { search, status, role, sort, ...query } }) => {
      const filter = { search, status, role }
      // A cursor of another order would leave people out.
      const key = z.tuple([z.literal(sort), placeFor(sort), z.uuid()])
      const page = await pageOfList(query, {
        key,
        rows: ({ limit, offset, after }) => {
          const part = { limit, offset, after: after && ([after[1], after[2]] as const) }
          return readInTenant(db, tenantId, (tx) => users.page(tx, tenantId, filter, sort, part))
        },
        keyOf: (member) => [sort, users.placeOf(member, sort), member.user.id] as z.infer<typeof key>,
        total: () => readInTenant(db, tenantId, (tx) => users.total(tx, tenantId, filter)),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })

  app.route({
    ...contract.getUser,
    handler: async ({ principal: { tenantId }, params }, reply) => {
      const member = await readInTenant(db, tenantId, (tx) => users.byId(tx, tenantId, params.id))
      if (!member) throw userNotFound()
      return reply.header('etag', entityTag(member.user.version)).send(shown(member))
    },
  })

  app.route({
    ...contract.deactivateUser,
    handler: async ({ principal, params, origin }) =>
      shown(await deactivateUser(db, principal, params.id, origin)),
  })

  app.route({
    ...contract.reactivateUser,
    handler: async ({ principal, params, origin }) =>
      shown(await reactivateUser(db, principal, params.id, origin)),
  })
}

const placeFor = (sort: users.Sort) => (/At$/.test(sort) ? z.iso.datetime() : z.string())
