import { Id } from '@gatehouse/contracts/identifiers'
import type { Principal } from '@gatehouse/contracts/principal'
import { register } from '@gatehouse/contracts/registration'
import * as contract from '@gatehouse/contracts/sessions'
import { readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { abandonment } from '@gatehouse/http/abandonment'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import type { Enter } from '../sign-in.ts'
import { deviceOf } from './device.ts'
import { endOtherSessions, endOwnSession } from './end-own-sessions.ts'
import { confinedTo, endUserSession, endUserSessions, requirePerson } from './end-user-sessions.ts'
import { type LoginDeps, login } from './login.ts'
import { logout } from './logout.ts'
import { createRefresh, type RefreshDeps } from './refresh.ts'
import * as sessions from './repository.ts'
import { switchTenant } from './switch-tenant.ts'

interface Deps extends LoginDeps, RefreshDeps {
  readonly enter: Enter
}

export const sessionRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...register,
    handler: async ({ body, headers, origin }, reply) => {
      const authority = await deps.enter(body, { origin, idempotencyKey: headers['idempotency-key'] })
      if (!authority) return reply.code(202).send({ email: body.email, next: 'verify_email' })
      return reply
        .code(201)
        .send(await deps.signIn(authority, { method: 'registration', amr: ['pwd'] }, origin))
    },
  })

  app.route({
    ...contract.login,
    handler: ({ body, origin }, reply) => login(deps, body, { origin, signal: abandonment(reply) }),
  })

  const refresh = createRefresh(deps)
  app.route({ ...contract.refresh, handler: ({ body, origin }) => refresh(body.refreshToken, origin) })

  app.route({
    ...contract.logout,
    handler: async ({ principal, body, origin }, reply) => {
      await logout(deps.db, principal, body?.everywhere ?? false, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.switchTenant,
    handler: ({ principal, body, origin }) => switchTenant(deps, principal, body, origin),
  })

  app.route({
    ...contract.listMySessions,
    handler: ({ principal, query }) => list(deps, query, principal, { userId: principal.id }),
  })

  app.route({
    ...contract.endMySession,
    handler: async ({ principal, params, origin }, reply) => {
      await endOwnSession(deps.db, principal, params.id, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.endMyOtherSessions,
    handler: async ({ principal, origin }, reply) => {
      await endOtherSessions(deps.db, principal, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.listUserSessions,
    handler: async ({ principal, params, query, origin }) => {
      const tenantId = confinedTo(principal, 'platform:read')
      await requirePerson(deps.directory, params.id, tenantId, origin)
      return list(deps, query, principal, { userId: params.id, tenantId })
    },
  })

  app.route({
    ...contract.endUserSessions,
    handler: async ({ principal, params, origin }, reply) => {
      await endUserSessions(deps, principal, params.id, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.endUserSession,
    handler: async ({ principal, params: { id: userId, sessionId }, origin }, reply) => {
      await endUserSession(deps.db, principal, { userId, sessionId }, origin)
      return reply.code(204).send()
    },
  })
}

/** A page of a person's live sessions: in one tenant, or in all. */
async function list(
  { db, sessionTimes: { idleMs } }: Deps,
  query: Parameters<typeof pageOfList>[0],
  { sessionId }: Principal,
  whose: { userId: string; tenantId?: string | undefined },
) {
  const { tenantId } = whose
  const read = <T>(work: (tx: Tx) => Promise<T>) =>
    tenantId === undefined ? readInPlatform(db, work) : readInTenant(db, tenantId, work)
  const listing = { ...whose, idleMs }
  const page = await pageOfList(query, {
    key: Id,
    rows: (part) => read((tx) => sessions.page(tx, listing, part)),
    keyOf: ({ id }) => id,
    total: () => read((tx) => sessions.total(tx, listing)),
  })
  return { ...page, data: page.data.map((session) => shown(session, sessionId)) }
}

const shown = (
  { createdAt, lastUsedAt, expiresAt, ...session }: sessions.Session,
  current: string | undefined,
): contract.Session => ({
  ...session,
  isCurrent: session.id === current,
  device: deviceOf(session.userAgent),
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
})
