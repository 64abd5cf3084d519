import { problem } from '@gatehouse/contracts/problem'

// The ways in which a request can fail before there is an endpoint to say how; contracts/problems has the others.
export const malformedRequest = problem('request.malformed', 400, 'The request could not be understood.')
export const malformedUrl = problem('request.malformed_url', 400, 'The URL is not properly encoded.')
export const missingHost = problem(
  'request.missing_host',
  400,
  'The request does not say for which host it is.',
)
export const malformedJson = problem('request.malformed_json', 400, 'The body is not JSON.')
export const malformedForm = problem('request.malformed_form', 400, 'The body is not a proper form.')
export const refusedContent = problem(
  'request.refused_content',
  400,
  'The request holds what is not accepted.',
)
export const invalidToken = problem(
  'auth.invalid_token',
  401,
  'The access token is not valid, or not any more.',
)
export const requestTimeout = problem('request.timeout', 408, 'The request took too long to arrive.')
export const urlTooLong = problem(
  'request.url_too_long',
  414,
  'A part of the path is longer than is accepted.',
)
export const expectationFailed = problem(
  'request.expectation_failed',
  417,
  'Nothing but 100-continue can be expected.',
)
export const headersTooLarge = problem('request.headers_too_large', 431, 'The header is too large.')
export const keysUnavailable = problem(
  'auth.keys_unavailable',
  503,
  'Tokens cannot be checked at the moment.',
)
export const introspectionUnavailable = problem(
  'auth.introspection_unavailable',
  503,
  'Whether the token was revoked cannot be found out at the moment.',
)
