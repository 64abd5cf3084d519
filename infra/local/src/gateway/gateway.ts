import { randomUUIDv7 } from 'node:crypto'
import { METHODS } from 'node:http'
import type { AddressInfo } from 'node:net'
import replyFrom from '@fastify/reply-from'
import type { ServiceName } from '@gatehouse/contracts/events'
import { problem } from '@gatehouse/contracts/problem'
import {
  bodyTooLarge,
  invalidRequest,
  methodNotAllowed,
  noSuchRoute,
  notReady,
  unavailable,
} from '@gatehouse/contracts/problems'
import { problemDocument, problemMediaType } from '@gatehouse/http/problem-document'
import { problemOf } from '@gatehouse/http/problem-of'
import { requestSpans } from '@gatehouse/http/request-spans'
import { answerWireErrors } from '@gatehouse/http/wire-errors'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { missingOf } from '../services/readiness.ts'
import { portTaken } from '../state/port-taken.ts'
import { answerHeaders, requestHeaders } from './forwarded-headers.ts'
import { isPlainPath, targetOf } from './routes.ts'

const brokenAnswer = problem('gateway.broken_answer', 502, 'A service broke off before it had answered.')
const lateAnswer = problem('gateway.late_answer', 504, 'A service took too long to answer.')

const routedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const maxBodyBytes = 1024 * 1024

interface GatewayOptions {
  /** 0: a free one. */
  readonly port: number
  /** Where each service listens, e.g. `http://127.0.0.1:41234`. */
  readonly services: Readonly<Record<ServiceName, string>>
}

export interface Gateway {
  /** What clients call, e.g. `http://localhost:8080`. */
  readonly url: string
  /** Refuses new connections and waits for the requests under way. */
  close(): Promise<void>
}

/**
 * Starts the one door to the four services on the loopback interface: each path goes to its owner with the body
 * streamed, and what no owner has is answered here, every failure as a problem (RFC 9457). Throws when the port is taken.
 */
export const startGateway = async ({ port, services }: GatewayOptions): Promise<Gateway> => {
  const app = fastify({
    genReqId: () => randomUUIDv7(),
    frameworkErrors: answerError,
    clientErrorHandler: answerWireErrors(),
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    forceCloseConnections: 'idle',
    // A second Authorization is then refused by the service, where Node would drop it without a word.
    http: { joinDuplicateHeaders: true, headersTimeout: 10_000 },
  })
  requestSpans(app)
  const unusual = METHODS.filter((method) => method !== 'CONNECT' && !app.supportedMethods.includes(method))
  for (const method of unusual) app.addHttpMethod(method, { hasBody: true })
  app.setErrorHandler(answerError)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  await app.register(replyFrom, {
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    undici: { connections: 128, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000, headersTimeout: 30_000 },
  })
  probes(app, services)
  app.all('*', (request, reply) => forward(services, request, reply))
  await app.listen({ host: 'localhost', port }).catch(portTaken(port, 'PORT'))
  const { port: chosen } = app.server.address() as AddressInfo
  return { url: `http://localhost:${chosen}`, close: () => app.close() }
}

const forward = (services: GatewayOptions['services'], request: FastifyRequest, reply: FastifyReply) => {
  const [path = ''] = request.raw.url?.split('?', 1) ?? []
  if (!isPlainPath(path)) throw invalidRequest()
  const target = targetOf(path)
  if (target === undefined) throw noSuchRoute()
  if (!routedMethods.includes(request.method))
    throw methodNotAllowed({ headers: { allow: routedMethods.join(', ') } })
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw bodyTooLarge()
  return reply.from(services[target.service] + target.path, {
    rewriteRequestHeaders: requestHeaders,
    rewriteHeaders: answerHeaders,
    // Once, and only what is safe to repeat: an idle connection may close just as it is used.
    retryDelay: ({ err, attempt }) => {
      const isSafe = request.method === 'GET' || request.method === 'HEAD'
      return isSafe && attempt === 0 && codeOf(err) === 'UND_ERR_SOCKET' ? 10 : null
    },
    onError: (_reply, { error }) => answerError(failureOf(error.cause), request, reply),
  })
}

const failureOf = (cause: unknown) => {
  const options = { cause, headers: { 'retry-after': '1' } }
  const code = codeOf(cause)
  if (code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT') return unavailable(options)
  return code === 'UND_ERR_HEADERS_TIMEOUT' ? lateAnswer(options) : brokenAnswer(options)
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = problemOf(error)
  return reply
    .code(failure.status)
    .headers({ ...failure.headers, 'cache-control': 'no-store' })
    .type(problemMediaType)
    .send(problemDocument(failure, { id: request.id, url: request.raw.url ?? '' }))
}

const probes = (app: FastifyInstance, services: GatewayOptions['services']) => {
  const live = () => ({ status: 'ok' })
  const ready = async () => {
    const missing = await missingOf(services)
    if (missing.length === 0) return { status: 'ready' }
    throw notReady({ errors: missing, headers: { 'retry-after': '1' } })
  }
  for (const prefix of ['', '/api']) app.get(`${prefix}/health`, live).get(`${prefix}/ready`, ready)
}
