import { Id } from '@gatehouse/contracts/identifiers'
import * as contract from '@gatehouse/contracts/invites'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import { repeatable } from '@gatehouse/http/repeatable'
import type { Routes } from '@gatehouse/http/routes'
import { reading } from '../reach.ts'
import { acceptInvite } from './accept-invite.ts'
import { resendInvite, revokeInvite } from './change-invite.ts'
import { createInvite, type InviteDeps } from './create-invite.ts'
import { openInvite } from './open-invite.ts'
import * as invites from './repository.ts'
import { masked, shown } from './state.ts'
import { digestOf } from './token.ts'

/** Looking at invites is for anyone: so often from one address. */
const lookingAtInvites = { max: 30, timeWindow: '1 minute' }

export const inviteRoutes: Routes<InviteDeps> = async (app, deps) => {
  const { db } = deps

  app.route({
    ...contract.createInvite,
    handler: async ({ principal, params: { id }, url, headers, body, origin }, reply) => {
      const request = repeatable(deps.requestKey, { principal, url, headers, body })
      const offer = { ...body, tenantId: id }
      return reply.code(201).send(await createInvite(deps, principal, offer, { request, origin }))
    },
  })

  app.route({
    ...contract.listInvites,
    handler: async (request) => {
      const { query, params } = request
      const { tenantId: id, read } = await reading(db, request, params.id)
      const page = await pageOfList(query, {
        of: id,
        key: Id,
        rows: (part) => read((tx) => invites.page(tx, id, part)),
        keyOf: ({ invite }) => invite.id,
        total: () => read((tx) => invites.total(tx, id)),
      })
      return { ...page, data: page.data.map((found) => shown(found)) }
    },
  })

  app.route({
    ...contract.revokeInvite,
    handler: async ({ principal, params: { id, inviteId }, origin }, reply) => {
      await revokeInvite(db, principal, { tenantId: id, inviteId }, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.resendInvite,
    handler: async ({ principal, params: { id, inviteId }, origin }) =>
      shown(await resendInvite(deps, principal, { tenantId: id, inviteId }, origin)),
  })

  const offer = async (token: string) => {
    const { invite, role, tenant } = await readInPlatform(db, (tx) => openInvite(tx, digestOf(token)))
    return {
      tenantName: tenant.name,
      email: masked(invite.email),
      role: role.name,
      expiresAt: invite.expiresAt.toISOString(),
    }
  }

  app.route({
    ...contract.validateInvite,
    config: { ...contract.validateInvite.config, rateLimit: lookingAtInvites },
    handler: async ({ params }, reply) =>
      reply.header('referrer-policy', 'no-referrer').send(await offer(params.token)),
  })

  app.route({
    ...contract.inspectInvite,
    config: { ...contract.inspectInvite.config, rateLimit: lookingAtInvites },
    handler: ({ body }) => offer(body.token),
  })

  app.route({
    ...contract.acceptInvite,
    handler: async ({ principal: { id: userId }, body, origin }) => {
      const acceptance = { digest: digestOf(body.token), userId }
      const found = await inPlatform(db, (tx) => acceptInvite(tx, acceptance, origin))
      return { id: found.invite.tenantId, name: found.tenant.name, roles: [found.role.name] }
    },
  })
}
