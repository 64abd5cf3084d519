import type { Readable } from 'node:stream'
import replyFrom from '@fastify/reply-from'
import type { NarrowToken } from '@gatehouse/client/ask-auth'
import type { ServiceName } from '@gatehouse/contracts/events'
import { partnerApiPrefix } from '@gatehouse/contracts/partner-api'
import type { Permission } from '@gatehouse/contracts/permissions'
import { methodNotAllowed, noSuchRoute } from '@gatehouse/contracts/problems'
import { partnerApi } from '@gatehouse/contracts/services'
import { refusedCredential } from '@gatehouse/http/challenge'
import type { Routes } from '@gatehouse/http/routes'
import { allButBodies } from '@gatehouse/http/zod-schemas'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Admission, admitClients } from '../admission.ts'
import { refuseLarger, streamBodies } from '../request-bodies.ts'
import { notOpen } from '../usage.ts'
import { answerHeaders } from './answer-headers.ts'
import { pathBehind } from './behind.ts'
import { exchangeTokens } from './exchanged-tokens.ts'
import { asOfTheDoor, isProblem } from './problem-of-behind.ts'
import { headersReadBy, requestHeaders } from './request-headers.ts'
import { createUpstreams } from './upstreams.ts'

export interface Door {
  readonly admission: Admission
  /** The base URLs of the services behind. */
  readonly services: Readonly<Partial<Record<ServiceName, string>>>
  readonly narrow: NarrowToken
  /** By when a service behind must have begun its answer, and go on with it. Milliseconds. */
  readonly upstreamTimeoutMs: number
}

/** The partner API: each entrance lets a client in, passes on what it sends, and fetches the answer from the service behind. */
export const doorRoutes: Routes<Door> = async (app, { admission, services, narrow, upstreamTimeoutMs }) => {
  await admitClients(app, admission)
  await app.register(replyFrom, {
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    undici: {
      connections: 128,
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 4_000,
      headersTimeout: upstreamTimeoutMs,
      bodyTimeout: upstreamTimeoutMs,
    },
  })
  streamBodies(app)
  const tokens = exchangeTokens(narrow)
  const upstreams = createUpstreams()

  for (const { entrance, behind, service } of partnerApi) {
    const wanted = { audience: service, scope: behind.config.access as Permission }
    const passedOn = headersReadBy(behind)
    const forward = async (request: FastifyRequest, reply: FastifyReply) => {
      const { principal, origin, headers } = request
      const token = await tokens.get(
        principal,
        `${headers.authorization}`.slice('Bearer '.length),
        wanted,
        origin,
      )
      if (token === undefined) throw refusedCredential()
      const url = services[service] + pathBehind(behind, request.params as Record<string, string>)
      await upstreams.call(service, () => fetchAnswer(reply, { url, token, passedOn }))
      // It was good when it was given: what it stands on has ended since.
      if (reply.statusCode === 401) tokens.forget(principal, wanted)
      return reply
    }
    app.route({
      ...entrance,
      onRequest: refuseLarger(({ routeOptions }) => (behind.schema.body ? routeOptions.bodyLimit : 0)),
      // The service behind validates the body, which is not read here.
      ...(behind.schema.body && { validatorCompiler: allButBodies }),
      handler: forward,
    })
  }
  refuseOthers(app)
}

/** What is not open is refused to clients by name, so that it is on their account and in the log what they tried. */
function refuseOthers(app: FastifyInstance) {
  const patterns = partnerApi.map(({ entrance: { method, url } }) => ({
    methods: method === 'PATCH' ? [method, 'PUT'] : [method],
    pattern: new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`),
  }))
  for (const method of ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS']) {
    app.route({
      method,
      url: `${partnerApiPrefix}/*`,
      config: { access: 'signed-in', kinds: ['partner_client'], tokens: 'partner' },
      schema: { hide: true, operationId: notOpen },
      onRequest: refuseLarger(() => 0),
      handler: ({ url }) => {
        const [path = ''] = url.split('?', 1)
        const allowed = patterns.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
        throw allowed.length > 0
          ? methodNotAllowed({ headers: { allow: allowed.join(', ') } })
          : noSuchRoute()
      },
    })
  }
}

interface Behind {
  readonly url: string
  /** The client's, for the service behind. */
  readonly token: string
  readonly passedOn: readonly string[]
}

/** Settles when the answer has begun, which then streams on by itself, or nobody waits for it any more. */
function fetchAnswer(reply: FastifyReply, { url, ...behind }: Behind): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  reply.raw.once('close', resolve)
  // What is asked for behind the path goes on as it was written.
  reply.from(url, {
    rewriteRequestHeaders: ({ headers, id, origin }) => requestHeaders({ headers, id, origin, ...behind }),
    rewriteHeaders: (headers) => answerHeaders(headers),
    // Once, where nothing is done twice, and only where it was the connection that had gone: an idle one may close just as
    // it is used.
    retryDelay: ({ err, req, attempt }) =>
      attempt === 0 && req.method === 'GET' && codeOf(err) === 'UND_ERR_SOCKET' ? 10 : null,
    onResponse: (request, reply, answer) => {
      resolve()
      const { stream } = answer as unknown as { stream: Readable }
      if (!isProblem(reply.getHeader('content-type'))) return reply.send(stream)
      reply.removeHeader('content-length')
      return asOfTheDoor(stream, request.url).then((problem) => reply.send(problem))
    },
    onError: (_reply, { error }) => reject(error),
  })
  return promise
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code
