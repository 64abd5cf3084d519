import {
  registerPerson as registerPersonContract,
  resolvePrincipal,
  verifyPersonsEmail,
} from '@gatehouse/contracts/internal'
import { getMe } from '@gatehouse/contracts/users'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import { userNotFound } from '../errors.ts'
import { authorityOf } from './authority.ts'
import { registerPerson } from './register-person.ts'
import * as people from './repository.ts'
import { verifyEmail } from './verify-email.ts'

export const peopleRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...registerPersonContract,
    handler: ({ body, origin }) => registerPerson(db, body, origin),
  })

  app.route({
    ...resolvePrincipal,
    handler: async ({ body }) => {
      const person = await readInPlatform(db, (tx) =>
        'email' in body ? people.personByEmail(tx, body.email) : people.personById(tx, body.userId),
      )
      if (!person) throw userNotFound()
      return authorityOf(person, 'tenantId' in body ? body.tenantId : undefined)
    },
  })

  app.route({
    ...verifyPersonsEmail,
    handler: async ({ body, origin }, reply) => {
      await verifyEmail(db, body, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...getMe,
    handler: async ({ principal }) => {
      const person = await readInPlatform(db, (tx) => people.personById(tx, principal.id))
      if (!person) throw userNotFound()
      const { user, tenants, permissions } = authorityOf(person, principal.tenantId)
      return { ...user, tenants, permissions }
    },
  })
}
