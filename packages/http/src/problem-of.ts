import { Problem } from '@gatehouse/contracts/problem'
import * as common from '@gatehouse/contracts/problems'
import { malformedRequest, malformedUrl, urlTooLong } from './failures.ts'

const ofFastify: Readonly<Record<string, (options: ErrorOptions) => Problem>> = {
  FST_ERR_BAD_URL: malformedUrl,
  FST_ERR_MAX_PARAM_LENGTH: urlTooLong,
  FST_ERR_CTP_BODY_TOO_LARGE: common.bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: common.unsupportedMediaType,
}

interface Conventional {
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly retryAfterSeconds?: unknown
}

/**
 * What the caller may know of an error. Errors that follow Fastify's convention keep their status below 500, or 503
 * together with a `code` and `retryAfterSeconds`; everything else is `internal`, its reason for the log only.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code, statusCode, retryAfterSeconds } = (error ?? {}) as Conventional
  const cause = { cause: error }
  if (typeof code === 'string' && Object.hasOwn(ofFastify, code))
    return ofFastify[code]?.(cause) ?? common.internal(cause)
  if (statusCode === 503 && typeof code === 'string') {
    const seconds = typeof retryAfterSeconds === 'number' ? Math.max(1, Math.ceil(retryAfterSeconds)) : 1
    const headers = { 'retry-after': String(seconds) }
    return new Problem(code, 503, common.unavailable().message, { ...cause, headers })
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    const { message } = malformedRequest()
    return new Problem(isOurs(code) ? code : 'request.malformed', statusCode, message, cause)
  }
  return common.internal(cause)
}

/** Our codes are lower case words around a dot; a library's are not for the caller. */
const isOurs = (code: unknown): code is string => typeof code === 'string' && /^[a-z_]+\.[a-z_.]+$/.test(code)
