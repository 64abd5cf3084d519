import {
  type Authority,
  registerPerson as registerPersonContract,
  resolvePrincipals as resolvePrincipalsContract,
  verifyPersonsEmail,
} from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import * as everywhere from '@gatehouse/contracts/people'
import type { Principal } from '@gatehouse/contracts/principal'
import * as contract from '@gatehouse/contracts/users'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { entityTag, matching } from '@gatehouse/http/entity-tag'
import type { Routes } from '@gatehouse/http/routes'
import { userNotFound } from '../errors.ts'
import { authorityOf } from './authority.ts'
import { type RegistrationDeps, registerPerson } from './register-person.ts'
import * as people from './repository.ts'
import { resolvePrincipals } from './resolve-principals.ts'
import { suspendPerson } from './suspend-person.ts'
import { updateProfile } from './update-profile.ts'
import { verifyEmail } from './verify-email.ts'

interface Deps extends RegistrationDeps {
  /** Deletes somebody, and has all services erase them. */
  eraseByAdministrator(tx: Tx, principal: Principal, id: string, origin: Origin): Promise<void>
  /** Has that be gone on with at once. */
  hurryErasures(): void
}

export const peopleRoutes: Routes<Deps> = async (app, deps) => {
  const { db, eraseByAdministrator, hurryErasures } = deps
  app.route({
    ...registerPersonContract,
    handler: ({ body, origin }) => registerPerson(deps, body, origin),
  })

  app.route({
    ...resolvePrincipalsContract,
    handler: async ({ body }) => ({ principals: await resolvePrincipals(db, body) }),
  })

  app.route({
    ...verifyPersonsEmail,
    handler: async ({ body, origin }, reply) => {
      await verifyEmail(db, body, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...contract.getMe,
    handler: async ({ principal }, reply) => {
      const person = await readInPlatform(db, (tx) => people.personById(tx, principal.id))
      const authority = person && authorityOf(person, principal.tenantId)
      if (!authority) throw userNotFound()
      return reply.header('etag', entityTag(person.user.version)).send(currentUser(authority))
    },
  })

  app.route({
    ...contract.updateMe,
    handler: async ({ principal, body, headers, origin }, reply) => {
      const change = { changes: body, checkVersion: matching(headers['if-match']) }
      const { authority, version } = await updateProfile(db, principal, change, origin)
      return reply.header('etag', entityTag(version)).send(currentUser(authority))
    },
  })

  app.route({
    ...everywhere.deletePerson,
    handler: async ({ principal, params: { id }, origin }, reply) => {
      await inPlatform(db, (tx) => eraseByAdministrator(tx, principal, id, origin))
      hurryErasures()
      return reply.code(204).send()
    },
  })

  app.route({
    ...everywhere.suspendPerson,
    handler: async ({ principal, params: { id }, origin }, reply) => {
      await suspendPerson(db, principal, { id, move: 'suspend' }, origin)
      return reply.code(204).send()
    },
  })

  app.route({
    ...everywhere.reinstatePerson,
    handler: async ({ principal, params: { id }, origin }, reply) => {
      await suspendPerson(db, principal, { id, move: 'reinstate' }, origin)
      return reply.code(204).send()
    },
  })
}

const currentUser = ({ user, tenants, permissions }: Authority) => ({ ...user, tenants, permissions })
