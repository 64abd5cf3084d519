import {
  authoriseErasure as authoriseErasureContract,
  type Erased,
  eraseAtAuth,
} from '@gatehouse/contracts/erasure'
import { readAuthsPersonalData } from '@gatehouse/contracts/personal-data'
import type { Routes } from '@gatehouse/http/routes'
import { type AuthorisationDeps, authoriseErasure } from './authorise-erasure.ts'
import { readPersonalData } from './read-personal-data.ts'

interface Deps extends AuthorisationDeps {
  /** Deletes all that is a person's, once. */
  forgetPerson(userId: string): Promise<Erased>
  /** Deletes all that is in a tenant. */
  forgetTenant(tenantId: string): Promise<void>
  clearRemnants(): Promise<void>
}

export const privacyRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...readAuthsPersonalData,
    handler: ({ principal, query: { cursor } }) => readPersonalData(deps, principal, cursor),
  })

  app.route({
    ...authoriseErasureContract,
    handler: async ({ principal, body, origin }, reply) => {
      await authoriseErasure(deps, principal, body, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...eraseAtAuth,
    handler: async ({ body: { userId, tenantIds } }) => {
      const receipt = await deps.forgetPerson(userId)
      // Here, and not only when it is heard of: the message that tells of it may be erased before.
      for (const tenantId of tenantIds) await deps.forgetTenant(tenantId)
      await deps.clearRemnants()
      return receipt
    },
  })
}
