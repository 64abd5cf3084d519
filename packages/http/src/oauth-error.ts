import type { Problem } from '@gatehouse/contracts/problem'
import type { FastifyReply, FastifyRequest } from 'fastify'

const errors = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  // RFC 8693, section 2.2.2, and RFC 7009, section 2.2.1.
  'invalid_target',
  'unsupported_token_type',
])

const ofStatus: Readonly<Record<number, string>> = {
  401: 'invalid_client',
  403: 'unauthorized_client',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
}

/**
 * Answers a problem as an OAuth 2 endpoint does (RFC 6749, section 5.2). A problem whose code ends in one of the
 * section's errors, such as `oauth.invalid_scope`, is that error.
 */
export function sendOAuthError(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  const named = problem.code.slice(problem.code.lastIndexOf('.') + 1)
  const byStatus = ofStatus[problem.status] ?? (problem.status < 500 ? 'invalid_request' : 'server_error')
  const error = errors.has(named) ? named : byStatus
  const status = error === 'invalid_client' ? 401 : problem.status
  if (status === 401 && request.headers.authorization !== undefined) {
    reply.header('www-authenticate', 'Basic realm="gatehouse"')
  }
  const faults = problem.errors?.map(({ path, message }) => `${path}: ${message}`) ?? []
  return reply
    .code(status)
    .headers({ ...problem.headers, 'cache-control': 'no-store', pragma: 'no-cache' })
    .type('application/json')
    .send(JSON.stringify({ error, error_description: describe([problem.message, ...faults].join(' ')) }))
}

/** The characters that section 5.2 allows in an `error_description`. */
const describe = (text: string) => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, 500)
