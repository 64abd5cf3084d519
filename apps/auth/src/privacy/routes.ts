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

  app.route({ ...eraseAtAuth, handler: ({ body: { userId } }) => deps.forgetPerson(userId) })
}
