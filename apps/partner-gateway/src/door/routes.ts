import type { Readable } from 'node:stream'
import replyFrom from '@fastify/reply-from'
import type { NarrowToken } from '@gatehouse/client/ask-auth'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Permission } from '@gatehouse/contracts/permissions'
import { bodyTooLarge } from '@gatehouse/contracts/problems'
import { partnerApi } from '@gatehouse/contracts/services'
import { refusedCredential } from '@gatehouse/http/challenge'
import type { Routes } from '@gatehouse/http/routes'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { type Admission, admitClients } from '../admission.ts'
import { answerHeaders } from './answer-headers.ts'
import { pathBehind } from './behind.ts'
import { exchangeTokens } from './exchanged-tokens.ts'
import { asOfTheDoor, isProblem } from './problem-of-behind.ts'
import { requestHeaders } from './request-headers.ts'
import { createUpstreams } from './upstreams.ts'

export interface Door {
  readonly admission: Admission
  /** The base URLs of the services behind. */
  readonly services: Readonly<Partial<Record<ServiceName, string>>>
  readonly narrow: NarrowToken
  /** By when a service behind must have begun its answer, and go on with it. Milliseconds. */
  readonly upstreamTimeoutMs: number
}

/** The partner API: each entrance lets a client in, and fetches the answer from the service behind. */
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
  const tokens = exchangeTokens(narrow)
  const upstreams = createUpstreams()

  for (const { entrance, behind, service } of partnerApi) {
    const wanted = { audience: service, scope: behind.config.access as Permission }
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
      await upstreams.call(service, () => fetchAnswer(reply, { url, token }))
      // It was good when it was given: what it stands on has ended since.
      if (reply.statusCode === 401) tokens.forget(principal, wanted)
      return reply
    }
    app.route({ ...entrance, onRequest: refuseBody, handler: forward })
  }
}

/** Nothing that is open to partners takes a body, and an unread one would hold up the connection. */
const refuseBody: onRequestHookHandler = ({ headers }, reply, done) => {
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
    reply.header('connection', 'close')
    throw bodyTooLarge()
  }
  done()
}

/** Settles when the answer has begun, which then streams on by itself, or nobody waits for it any more. */
function fetchAnswer(reply: FastifyReply, { url, token }: { url: string; token: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  reply.raw.once('close', resolve)
  // What is asked for behind the path goes on as it was written.
  reply.from(url, {
    rewriteRequestHeaders: ({ headers, id, origin }) => requestHeaders({ headers, id, origin, token }),
    rewriteHeaders: (headers) => answerHeaders(headers),
    // Once, and only where it was the connection that had gone: an idle one may close just as it is used.
    retryDelay: ({ err, attempt }) => (attempt === 0 && codeOf(err) === 'UND_ERR_SOCKET' ? 10 : null),
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
