import * as contract from '@gatehouse/contracts/users'
import type { Routes } from '@gatehouse/http/routes'
import { acting } from '../reach.ts'
import { leaveTenant, type RemovalDeps, removeMember } from './remove-member.ts'

export const membershipRoutes: Routes<RemovalDeps> = async (app, deps) => {
  app.route({
    ...contract.removeUser,
    handler: async ({ principal, params, query, origin }, reply) => {
      await removeMember(deps, acting(principal, query.tenantId), params.id, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.leaveTenant,
    handler: async ({ principal, params, origin }, reply) => {
      await leaveTenant(deps, principal, params.id, origin)
      return reply.code(204).send()
    },
  })
}
