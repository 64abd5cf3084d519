import { authorizeCall } from '@gatehouse/contracts/forward-auth'
import { isPermission } from '@gatehouse/contracts/permissions'
import { forbidden } from '@gatehouse/contracts/problems'
import type { Routes } from '@gatehouse/http/routes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Admission, admitClients, clientOf } from '../admission.ts'

/** The checks of the door for gateways that let partners through to something else, and ask here about each call. */
export const forwardAuthRoutes: Routes<{ admission: Admission }> = async (app, { admission }) => {
  await admitClients(app, admission)
  app.route({
    ...authorizeCall,
    handler: (request, reply) =>
      answer(request, reply, [request.query.scope, request.headers[requiredScope]]),
  })
  // Envoy's ext_authz asks with the method of the call, and with its path and query behind this one's.
  const { config, schema } = authorizeCall
  // What the call is of is said in its header; what comes after that is not looked at.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, body, done) => {
    body.resume()
    done(null)
  })
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
    app.route({
      method,
      url: `${authorizeCall.url}/*`,
      config,
      schema: { hide: true, operationId: schema.operationId, headers: schema.headers },
      handler: (request, reply) => answer(request, reply, [request.headers[requiredScope]]),
    })
  }
}

const requiredScope = 'x-gatehouse-required-scope'

/** Says who is calling, if they hold everything that is required. */
function answer(request: FastifyRequest, reply: FastifyReply, required: readonly (string | undefined)[]) {
  const { id, tenantId, scopes } = clientOf(request)
  const held = scopes.filter((scope) => request.principal.permissions.has(scope))
  const words = required.flatMap((scope) => scope?.split(' ') ?? []).filter(Boolean)
  if (!words.every((word) => isPermission(word) && held.includes(word))) throw forbidden()
  return reply
    .headers({
      'x-gatehouse-client': id,
      'x-gatehouse-tenant': tenantId,
      'x-gatehouse-scope': held.join(' '),
    })
    .code(204)
    .send()
}
