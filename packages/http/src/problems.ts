import { noSuchRoute } from '@gatehouse/contracts/problems'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { denialWithoutRoute, type TellDenial } from './denials.ts'
import { malformedUrl } from './failures.ts'
import { routeOf } from './logging.ts'
import { sendOAuthError } from './oauth-error.ts'
import { correlationIdOf, originOf } from './origin.ts'
import { problemDocument, problemMediaType } from './problem-document.ts'
import { problemOf } from './problem-of.ts'
import { securityHeaders } from './response-headers.ts'
import { validationProblem } from './validation-problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Failures are answered as RFC 6749, section 5.2, asks. */
    oauth?: true
  }
  interface FastifyRequest {
    /** The code of the problem that the request ended in. */
    failure: string | null
  }
}

/** Answers every failure as a problem (RFC 9457), or as an OAuth 2 error where the route is of that kind. */
export function problems(app: FastifyInstance) {
  app.decorateRequest('failure', null)
  app.setErrorHandler<FastifyError>(answer)
  app.setNotFoundHandler(() => {
    throw noSuchRoute()
  })
}

function answer(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const problem = validationProblem(error ?? {}, request) ?? problemOf(error)
  request.failure = problem.code
  if (problem.status >= 500) {
    const about = { ...routeOf(request), requestId: request.id, correlationId: correlationIdOf(request) }
    if (problem.status === 503) request.server.log.warn({ ...about, err: problem.cause }, problem.message)
    else request.server.log.error({ ...about, err: error }, problem.message)
  }
  if (request.routeOptions.config.oauth) return sendOAuthError(problem, request, reply)
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type(problemMediaType)
    .send(problemDocument(problem, request))
}

/** Answers what the router refuses before there is a route, and so before any hook, and tells of it. */
export const answerRouterErrors =
  (tell: TellDenial = () => {}) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(securityHeaders).header('x-request-id', request.id)
    answer(error, request, reply)
    const { failure: reason, method } = request
    if (reason === malformedUrl().code)
      tell(denialWithoutRoute({ status: 400, reason, method, origin: originOf(request) }))
  }
