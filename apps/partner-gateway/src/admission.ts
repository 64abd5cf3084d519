import type { Permission } from '@gatehouse/contracts/permissions'
import { forbidden } from '@gatehouse/contracts/problems'
import { refusedCredential } from '@gatehouse/http/challenge'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mayCallFrom } from './addresses.ts'
import { type ClientLimits, limitClients } from './client-limits.ts'
import { addressRefused } from './errors.ts'
import type { KnownClient, KnownClients } from './known-clients.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The client that is calling, once it is known. */
    client: KnownClient | null
  }
}

/** What admits a partner's client. */
export interface Admission {
  readonly clients: Pick<KnownClients, 'find'>
  readonly limits: ClientLimits
}

/**
 * Lets clients in to the routes that are declared after it in the same plugin, as they are now and not only as their
 * token says: live, still holding the permission, from an address of their list, and within their limit.
 */
export async function admitClients(app: FastifyInstance, { clients, limits }: Admission) {
  app.decorateRequest('client', null)
  app.addHook('onRoute', (route) => {
    const access = route.config?.access
    const admit = async (request: FastifyRequest) => {
      const client = await clients.find(request.principal.id)
      if (client?.tenantId !== request.principal.tenantId) throw refusedCredential()
      request.client = client
      if (access !== 'signed-in' && !client.scopes.includes(access as Permission)) throw forbidden()
      if (!mayCallFrom(client, request.origin.sourceIp)) throw addressRefused()
    }
    // Behind the check of the token, which stands first.
    route.onRequest = [...[route.onRequest ?? []].flat(), admit]
  })
  await limitClients(app, limits, clientOf)
}

/** The client that was let in. */
export function clientOf({ client }: FastifyRequest): KnownClient {
  if (!client) throw new Error('asked for the client of a request before it was admitted')
  return client
}
