import { normalizeIP } from '@fastify/rate-limit'
import { type Denial, denialStatuses } from '@gatehouse/contracts/access-events'
import { apiKeyId, apiKeyPrefix } from '@gatehouse/contracts/api-key-format'
import { isPermission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import { unauthenticated } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidToken } from './failures.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the request's credential names, as soon as its signature is found good; it may still be refused. */
    bearer: Principal | null
  }
}

/**
 * Tells, once it is answered, of each request that was refused for who sent it or how often. Not of one without a
 * credential, or with what can't be one: nobody has claimed anything then, and the whole internet sends such.
 */
export function denials(app: FastifyInstance, tell: (denial: Denial) => unknown = () => {}) {
  app.decorateRequest('bearer', null)
  app.addHook('onResponse', (request, reply, done) => {
    const status = denialStatuses.find((each) => each === reply.statusCode)
    if (status && request.failure !== null && isClaim(request))
      tell(denialOf(request, status, request.failure))
    done()
  })
}

const [missing, invalid] = [unauthenticated().code, invalidToken().code]

function isClaim({ failure, headers }: FastifyRequest) {
  if (failure !== invalid) return failure !== missing
  const { authorization = '', 'x-api-key': key = authorization.replace(/^bearer /i, '') } = headers
  return typeof key === 'string' && isWellFormed(key)
}

/** Whether it is an API key by its checksum, or has the three parts of a signed JWT (RFC 7515, section 7.1). */
const isWellFormed = (credential: string) =>
  credential.startsWith(apiKeyPrefix)
    ? apiKeyId(credential) !== undefined
    : /^[\w-]{1,4096}\.[\w-]{1,8192}\.[\w-]{1,1024}$/.test(credential)

function denialOf(request: FastifyRequest, status: Denial['status'], reason: string): Denial {
  const { method, routeOptions, bearer, origin } = request
  const { access = '' } = routeOptions.config
  return {
    status,
    reason,
    method,
    route: routeOptions.url ?? 'none',
    permission: isPermission(access) ? access : undefined,
    bearer: bearer ?? undefined,
    network: normalizeIP(origin.sourceIp ?? 'unknown'),
    origin,
  }
}
