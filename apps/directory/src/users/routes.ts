import * as contract from '@gatehouse/contracts/users'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import { userNotFound } from '../errors.ts'
import { acting, reading } from '../reach.ts'
import { changeStatus } from './change-status.ts'
import { confirmEmail } from './confirm-email.ts'
import * as users from './repository.ts'
import { shown } from './shown.ts'
import { type UpdateDeps, updateUser } from './update-user.ts'

export const userRoutes: Routes<UpdateDeps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...contract.listUsers,
    handler: async (request) => {
      const { search, status, role, sort, tenantId: wanted, ...query } = request.query
      const { tenantId, read } = await reading(db, request, wanted)
      const filter = { search, status, role }
      // A cursor of another order would leave people out.
      const key = z.tuple([z.literal(sort), placeFor(sort), z.uuid()])
      const page = await pageOfList(query, {
        of: tenantId,
        key,
        rows: ({ limit, offset, after }) => {
          const part = { limit, offset, after: after && ([after[1], after[2]] as const) }
          return read((tx) => users.page(tx, tenantId, filter, sort, part))
        },
        keyOf: (member) => [sort, users.placeOf(member, sort), member.user.id] as z.infer<typeof key>,
        total: () => read((tx) => users.total(tx, tenantId, filter)),
      })
      return { ...page, data: page.data.map(shown) }
    },
  })

  app.route({
    ...contract.getUser,
    handler: async (request, reply) => {
      const { tenantId, read } = await reading(db, request, request.query.tenantId)
      const member = await read((tx) => users.byId(tx, tenantId, request.params.id))
      if (!member) throw userNotFound()
      return reply.header('etag', entityTag(member.user.version)).send(shown(member))
    },
  })

  app.route({
    ...contract.updateUser,
    handler: async ({ principal, params: { id }, query, body, headers, origin }, reply) => {
      const checkVersion = matching(headers['if-match'])
      const caller = acting(principal, query.tenantId)
      const member = await updateUser(deps, caller, { id, changes: body, checkVersion }, origin)
      return reply.header('etag', entityTag(member.user.version)).send(shown(member))
    },
  })

  app.route({
    ...contract.deactivateUser,
    handler: async ({ principal, params: { id }, query, origin }) =>
      shown(await changeStatus(db, acting(principal, query.tenantId), { id, to: 'suspended' }, origin)),
  })

  app.route({
    ...contract.reactivateUser,
    handler: async ({ principal, params: { id }, query, origin }) =>
      shown(await changeStatus(db, acting(principal, query.tenantId), { id, to: 'active' }, origin)),
  })

  app.route({
    ...contract.confirmEmail,
    handler: async ({ body, origin }, reply) => {
      await confirmEmail(db, body.token, origin)
      return reply.code(204).send()
    },
  })
}

const placeFor = (sort: users.Sort) => (/At$/.test(sort) ? z.iso.datetime() : z.string())
