import { normalizeIP } from '@fastify/rate-limit'
import { type Denial, denialStatuses } from '@gatehouse/contracts/access-events'
import { apiKeyId, apiKeyPrefix } from '@gatehouse/contracts/api-key-format'
import { isPermission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import { bodyTooLarge, unauthenticated } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { expectationFailed, invalidToken, malformedUrl, missingHost } from './failures.ts'
import { isOdd } from './odd-requests.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the request's credential names, as soon as its signature is found good; it may still be refused. */
    bearer: Principal | null
  }
}

/** Hears of each request that was refused; must neither wait nor throw. */
export type TellDenial = (denial: Denial) => unknown

/**
 * Tells, once it is answered, of each request that was refused for who sent it or how often, that asks as somebody known
 * for what isn't there, or that tries to get past somebody. Not of others without a credential, or with what can't be one:
 * nobody has claimed anything then, and the whole internet sends such.
 */
export function denials(app: FastifyInstance, tell: TellDenial = () => {}) {
  app.decorateRequest('bearer', null)
  app.addHook('onResponse', (request, reply, done) => {
    const status = denialStatuses.find((each) => each === reply.statusCode)
    if (status && request.failure !== null && isNews(request, status))
      tell(denialOf(request, status, request.failure))
    done()
  })
}

const [missing, invalid] = [unauthenticated().code, invalidToken().code]

/** What is refused whoever asks, and is no fault of whoever writes a client. */
const attempts = new Set([malformedUrl, missingHost, expectationFailed].map((each) => each().code))
const tooLarge = bodyTooLarge().code

function isNews(request: FastifyRequest, status: Denial['status']) {
  const { failure, bearer } = request
  if (status === 401 || status === 403 || status === 429) return isClaim(request) || isOdd(request)
  if (attempts.has(failure ?? '') || (failure === tooLarge && bearer === null)) return true
  return request.is404 && status !== 400 && (status === 405 || bearer !== null || isOdd(request))
}

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

/** What was refused before there was a route, and so before anybody was known by it. */
export const denialWithoutRoute = (
  denial: Pick<Denial, 'status' | 'reason' | 'method' | 'origin'>,
): Denial => ({
  ...denial,
  route: 'none',
  permission: undefined,
  bearer: undefined,
  network: normalizeIP(denial.origin.sourceIp ?? 'unknown'),
})
