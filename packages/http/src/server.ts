import type { Denial } from '@gatehouse/contracts/access-events'
import { type FastifyBaseLogger, fastify } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { access } from './access.ts'
import { type AuthenticationOptions, authentication } from './authentication.ts'
import { inNetworks } from './client-address.ts'
import { denials } from './denials.ts'
import { formBody } from './form-body.ts'
import { health, type ReadinessCheck } from './health.ts'
import { jsonBody } from './json-body.ts'
import type { Logger } from './logging.ts'
import { metrics, type OwnMetrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import { origin, requestId } from './origin.ts'
import { answerRouterErrors, problems } from './problems.ts'
import { putTwins } from './put-twin.ts'
import { rateLimits } from './rate-limit.ts'
import { RequestLog, requestLogger } from './request-log.ts'
import { requestSpans } from './request-spans.ts'
import { requestUrl, seeAllRequests } from './request-url.ts'
import { responseHeaders } from './response-headers.ts'
import { unknownRoutes } from './unknown-routes.ts'
import { answerWireErrors, refuseTunnels } from './wire-errors.ts'
import { zodSchemas } from './zod-schemas.ts'

export interface ServerOptions {
  readonly service: string
  readonly version: string
  readonly log: Logger
  readonly authentication: AuthenticationOptions
  /** For routes that take the tokens of partners' clients. */
  readonly partnerAuthentication?: AuthenticationOptions
  /** What `/ready` looks at, by the names that it gives them. */
  readonly readiness?: Readonly<Record<string, ReadinessCheck>>
  /** What `/ready` names as well where it is missing, though requests are served on without it. */
  readonly spared?: Readonly<Record<string, ReadinessCheck>>
  /** What `/metrics` shows besides, by the names that it gives them. */
  readonly metrics?: OwnMetrics
  /** Hears of each request that was refused for who sent it or how often; must neither wait nor throw. */
  readonly onDenied?: (denial: Denial) => unknown
  /** The networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[]
  readonly limits?: Partial<Limits>
}

interface Limits {
  /** The largest body, where a route doesn't set its own `bodyLimit`. */
  readonly bodyBytes: number
  /** By when a request's header, and by when all of it, must have arrived. */
  readonly headersMs: number
  readonly requestMs: number
}

/**
 * A Fastify server that validates, denies by default, answers problems, and can be watched. Its parts are functions, not
 * plugins: they are in place before the first route can be declared.
 */
export function createServer(options: ServerOptions) {
  const { service, version } = options
  const app = fastify(settingsOf(options)).withTypeProvider<ZodTypeProvider>()
  app.decorate('lifecycle', { draining: false })

  requestSpans(app)
  problems(app)
  origin(app)
  denials(app, options.onDenied)
  responseHeaders(app)
  seeAllRequests(app)
  refuseTunnels(app, options.onDenied)
  requestUrl(app)
  jsonBody(app)
  formBody(app)
  putTwins(app)
  const ours = authentication(app, options.authentication)
  const partners =
    options.partnerAuthentication && authentication(app, options.partnerAuthentication, 'partner')
  unknownRoutes(app, [...(partners ? [partners.identify] : []), ours.identify])
  access(app, { ours: ours.authenticate, partner: partners?.authenticate })
  rateLimits(app)
  openapi(app, { service, version })
  metrics(app, { service, version }, options.metrics)
  const keysLoaded = {
    keys: ours.keys.loaded,
    ...(partners && { partnerKeys: partners.keys.loaded }),
  }
  health(app, { ...keysLoaded, ...options.readiness }, options.spared)
  return app
}

export type Server = ReturnType<typeof createServer>

function settingsOf({ log, trustedProxies = [], limits = {}, onDenied }: ServerOptions) {
  const { bodyBytes = 65_536, headersMs = 10_000, requestMs = 30_000 } = limits
  return {
    loggerInstance: log as FastifyBaseLogger,
    logController: new RequestLog(log),
    childLoggerFactory: requestLogger,
    genReqId: requestId,
    schemaController: zodSchemas,
    trustProxy: inNetworks(trustedProxies),
    bodyLimit: bodyBytes,
    requestTimeout: requestMs,
    // Longer than a gateway's, so that it is the gateway that closes idle connections.
    keepAliveTimeout: 75_000,
    http: {
      headersTimeout: headersMs,
      connectionsCheckingInterval: Math.min(1_000, headersMs),
      maxHeaderSize: 16_384,
      // Two Authorization headers are one bad one, and not the first of them.
      joinDuplicateHeaders: true,
      // Refused by `requestUrl`, where it is told of.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 512 },
    // What arrives on open connections while the server closes is still served.
    return503OnClosing: false,
    frameworkErrors: answerRouterErrors(onDenied),
    clientErrorHandler: answerWireErrors(onDenied),
  }
}
