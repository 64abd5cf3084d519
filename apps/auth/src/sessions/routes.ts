import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { type Register, register } from '@gatehouse/contracts/registration'
import * as contract from '@gatehouse/contracts/sessions'
import type { Routes } from '@gatehouse/http/routes'
import { type LoginDeps, login } from './login.ts'
import { logout } from './logout.ts'
import { type RefreshDeps, refresh } from './refresh.ts'

interface Deps extends LoginDeps, RefreshDeps {
  /** Makes a new person; safe against a crash at any step. */
  readonly enter: (input: Register, origin: Origin) => Promise<Authority>
}

export const sessionRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...register,
    handler: async ({ body, origin }, reply) => {
      const authority = await deps.enter(body, origin)
      return reply
        .code(201)
        .send(await deps.signIn(authority, { method: 'registration', amr: ['pwd'] }, origin))
    },
  })

  app.route({ ...contract.login, handler: ({ body, origin }) => login(deps, body, origin) })

  app.route({ ...contract.refresh, handler: ({ body, origin }) => refresh(deps, body.refreshToken, origin) })

  app.route({
    ...contract.logout,
    handler: async ({ principal, body, origin }, reply) => {
      await logout(deps.db, principal, body?.everywhere ?? false, origin)
      return reply.code(204).send()
    },
  })
}
