// A person's second factors are a list by kind; today there is one kind, `totp`. Another one, such as a passkey, takes a
// name in `factorKinds` (contracts/events), which is a value more of the column `factor_kind`; its own two use cases to
// begin and to confirm beside `enrol-totp.ts` and `confirm-totp.ts`; and a branch in `verify-code.ts` that accepts what
// it proves itself by. Listing, removing, recovery codes and who is asked for a factor know of no kind.
import * as contract from '@gatehouse/contracts/second-factors'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import type { Reauthenticate, SignIn } from '../sign-in.ts'
import { beginEnrolment } from './begin-enrolment.ts'
import { type ConfirmDeps, confirmTotp } from './confirm-totp.ts'
import { enrolTotp } from './enrol-totp.ts'
import { finishEnrolment } from './finish-enrolment.ts'
import { listSecondFactors } from './list-second-factors.ts'
import { regenerateRecoveryCodes } from './regenerate-recovery-codes.ts'
import { removeSecondFactor } from './remove-second-factor.ts'

interface Deps extends ConfirmDeps {
  readonly reauthenticate: Reauthenticate
  readonly signIn: SignIn
}

export const secondFactorRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...contract.listSecondFactors,
    handler: ({ principal }) => readInPlatform(deps.db, (tx) => listSecondFactors(tx, principal.id)),
  })

  app.route({
    ...contract.enrolTotp,
    handler: async ({ principal, body, origin }, reply) =>
      reply.code(201).send(await enrolTotp(deps, principal, body, origin)),
  })

  app.route({
    ...contract.confirmTotp,
    handler: ({ principal, body, origin }) => confirmTotp(deps, principal, body.code, origin),
  })

  app.route({
    ...contract.removeSecondFactor,
    handler: async ({ principal, params, body, origin }, reply) => {
      await removeSecondFactor(deps, principal, { ...body, id: params.id }, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.regenerateRecoveryCodes,
    handler: ({ principal, body, origin }) => regenerateRecoveryCodes(deps, principal, body, origin),
  })

  app.route({
    ...contract.beginMfaEnrolment,
    handler: async ({ body, origin }, reply) =>
      reply.code(201).send(await beginEnrolment(deps, body.enrolmentToken, origin)),
  })

  app.route({
    ...contract.finishMfaEnrolment,
    handler: ({ body, origin }) => finishEnrolment(deps, body, origin),
  })
}
