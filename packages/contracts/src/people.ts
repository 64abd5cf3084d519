import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { ById } from './identifiers.ts'

export const suspendPerson = {
  method: 'POST',
  url: '/api/users/:id/suspend',
  config: { access: 'platform:write' },
  schema: {
    operationId: 'suspendPerson',
    summary: 'Suspend a person on the whole platform',
    description:
      'They are signed out of every tenant, and nobody but an administrator of the platform lets them in again. 409 for ' +
      'yourself and for the last administrator of a tenant with other members.',
    tags: ['Users'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const reinstatePerson = {
  method: 'POST',
  url: '/api/users/:id/reinstate',
  config: { access: 'platform:write' },
  schema: {
    operationId: 'reinstatePerson',
    summary: 'Let a person in again who was suspended on the whole platform',
    description: 'In the tenants that have not suspended them themselves.',
    tags: ['Users'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const deletePerson = {
  method: 'POST',
  url: '/api/users/:id/delete',
  config: { access: 'platform:write' },
  schema: {
    operationId: 'deletePerson',
    summary: 'Delete a person on the whole platform',
    description:
      'For good: they leave every tenant, and their sessions, keys and invites end. Their e-mail address is free again, ' +
      'their id never is. It is an erasure (GDPR Art. 17), as if they had asked for it, but at once: every service erases ' +
      'them, and what the audit log says of them is unreadable. A tenant of which they are the only member goes with them, ' +
      'for good. Suspend somebody of whom that is to be kept. 409 for yourself and for the last administrator of a tenant ' +
      'with other members.',
    tags: ['Users'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
