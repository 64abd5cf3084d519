import * as contract from '@gatehouse/contracts/passwords'
import { abandonment } from '@gatehouse/http/abandonment'
import type { Routes } from '@gatehouse/http/routes'
import { type ChangeDeps, changePassword } from './change-password.ts'
import { type ForgotDeps, forgotPassword } from './forgot-password.ts'
import { type ResetDeps, resetPassword } from './reset-password.ts'

export const passwordRoutes: Routes<ChangeDeps & ForgotDeps & ResetDeps> = async (app, deps) => {
  app.route({
    ...contract.changePassword,
    handler: async ({ principal, body, origin }, reply) => {
      await changePassword(deps, body, { principal, origin, signal: abandonment(reply) })
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.forgotPassword,
    handler: async ({ body, origin }, reply) => {
      await forgotPassword(deps, body.email, origin)
      return reply.code(202).send()
    },
  })

  app.route({
    ...contract.resetPassword,
    handler: async ({ body, origin }, reply) => {
      await resetPassword(deps, body, origin)
      return reply.code(204).send()
    },
  })
}
