import * as z from 'zod'
import { problem } from './problem.ts'

export const invalidRequest = problem('request.invalid', 400, 'The request is malformed; see errors.')
export const invalidCursor = problem('request.invalid_cursor', 400, 'The cursor is not one of this list.')
export const unauthenticated = problem('auth.unauthenticated', 401, 'A valid credential is required.')
export const forbidden = problem('auth.forbidden', 403, 'The credential does not permit this.')
export const noSuchRoute = problem('request.unknown_route', 404, 'Nothing lives at this address.')
export const methodNotAllowed = problem('request.wrong_method', 405, 'This address does not know the method.')
export const preconditionFailed = problem(
  'request.precondition_failed',
  412,
  'It has changed since: read it again, and send If-Match with its new ETag.',
)
export const bodyTooLarge = problem('request.body_too_large', 413, 'The body is too large.')
export const unsupportedMediaType = problem('request.unsupported_media_type', 415, 'The body must be JSON.')
export const idempotencyKeyReused = problem(
  'request.idempotency_key_reused',
  422,
  'This Idempotency-Key came with another body before.',
)
export const tooManyRequests = problem('request.rate_limited', 429, 'Too many requests; see Retry-After.')
export const internal = problem('internal', 500, 'Something went wrong.')
export const unavailable = problem(
  'service.unavailable',
  503,
  'Something that this needs is down; see Retry-After.',
)
export const notReady = problem(
  'service.not_ready',
  503,
  'The service is not ready; errors names what is missing.',
)

/** Every failure as it is answered, as `application/problem+json` (RFC 9457). */
export const ProblemDocument = z.object({
  type: z.string().meta({ format: 'uri-reference', description: 'Where the code is documented.' }),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string().meta({ format: 'uri-reference', description: 'The path that was asked for.' }),
  code: z.string().meta({ description: 'Stable and made for machines.', examples: ['user.email_taken'] }),
  requestId: z.string(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'What is wrong with the content of the request, one by one.' }),
  enrolmentToken: z.string().optional().meta({
    description: 'Of `mfa_enrolment_required`: opens the setting up of a second factor, and nothing else.',
  }),
  loginCode: z.string().optional().meta({
    description:
      'Of `mfa_required` after a sign-in at another provider: to be redeemed together with `mfaCode`.',
  }),
})
export type ProblemDocument = z.infer<typeof ProblemDocument>

/**
 * A failure of an OAuth 2 endpoint (RFC 6749 §5.2; RFC 8693 §2.2.2; RFC 7009 §2.2.1; the last two from RFC 6749
 * §4.1.2.1, for answers of status 5xx and 429).
 */
export const OAuthError = z.object({
  error: z.enum([
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_target',
    'unsupported_token_type',
    'server_error',
    'temporarily_unavailable',
  ]),
  error_description: z.string().optional(),
})
export type OAuthError = z.infer<typeof OAuthError>
