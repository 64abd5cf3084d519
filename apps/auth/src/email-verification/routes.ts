import * as contract from '@gatehouse/contracts/email-verification'
import type { Routes } from '@gatehouse/http/routes'
import { type RequestDeps, requestVerification } from './request-verification.ts'
import { type VerificationDeps, verifyEmail } from './verify-email.ts'

export const emailVerificationRoutes: Routes<RequestDeps & VerificationDeps> = async (app, deps) => {
  app.route({
    ...contract.verifyEmail,
    handler: async ({ body, origin }, reply) => {
      await verifyEmail(deps, body.token, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.requestEmailVerification,
    handler: async ({ principal, origin }, reply) => {
      await requestVerification(deps, principal, origin)
      return reply.code(202).send()
    },
  })
}
