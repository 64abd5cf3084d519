import { Problem } from '@gatehouse/contracts/problem'
import { OAuthError, ProblemDocument } from '@gatehouse/contracts/problems'

/** The service could not be reached, or did not answer in time. */
export const unavailable = (service: string, cause: unknown, retryAfter = '1') =>
  new Problem(`${service}.unavailable`, 503, 'Something that this needs is not available at the moment.', {
    cause,
    headers: { 'retry-after': retryAfter },
  })

/** Whether an error says that it may be different a moment later. */
export const isUnavailable = (error: unknown) => error instanceof Problem && error.status === 503

export interface FailedAnswer {
  readonly status: number
  /** The header of that name; several of one name are no good. */
  readonly retryAfter: string | string[] | undefined
  readonly text: string
}

/** The problem, or OAuth 2 error (RFC 6749, section 5.2), that a service answered with. What is no problem of ours came from something in between. */
export function problemOf(service: string, { status, retryAfter: given, text }: FailedAnswer): Problem {
  const retryAfter = typeof given === 'string' ? given : undefined
  const { data } = ProblemDocument.safeParse(parse(text))
  if (data) {
    const { code, detail, errors } = data
    const more = { ...(errors && { errors }), ...(retryAfter && { headers: { 'retry-after': retryAfter } }) }
    return new Problem(code, status, detail, more)
  }
  const oauth = OAuthError.safeParse(parse(text)).data
  if (oauth && status < 500) return new Problem(`oauth.${oauth.error}`, status, oauth.error_description ?? '')
  const cause = new Error(`${service} answered ${status} and no problem.`)
  return status >= 500
    ? unavailable(service, cause, retryAfter)
    : new Problem('internal', 500, 'Something went wrong.', { cause })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
