import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { Problem } from '@gatehouse/contracts/problem'
import { inSpan, type Span } from '@gatehouse/telemetry/span'
import pRetry from 'p-retry'
import { Agent, request } from 'undici'
import { type Answer, type AnyCall, type EndpointCall, headersOf, pathOf } from './endpoint-call.ts'
import { type FailedAnswer, isUnavailable, problemOf, unavailable } from './failed-answer.ts'

/** Gives an access token. One that was refused is handed back, for another if there is one. */
export type TokenSource = (refused?: string) => Promise<string>

interface ClientOptions {
  /** The service that is called, for the codes of problems. */
  readonly service: string
  readonly baseUrl: string
  readonly token?: TokenSource
  /** How long a call may take, with all its attempts. */
  readonly timeoutMs?: number
}

/** Calls the endpoints of one service: `client(getUser)({ params: { id } })`. */
export type Client = <E extends Endpoint>(endpoint: E) => (...call: CallArguments<E>) => Promise<Answer<E>>

type CallArguments<E extends Endpoint> =
  Record<never, never> extends EndpointCall<E> ? [call?: EndpointCall<E>] : [call: EndpointCall<E>]

/**
 * Kept open between calls: a third of what a call by `fetch` costs. Not for longer than a service that ends goes on serving
 * (`DRAIN_GRACE`), so that none closes just as it is used.
 */
const connections = new Agent({ connections: 32, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000 })

const retries = { retries: 2, minTimeout: 50, factor: 3, randomize: true } as const

/**
 * A service's contracts as typed calls. Calls that may be made twice are tried again when the service is not there.
 * @throws Problem as the service answered it, or 503 `<service>.unavailable` when it did not answer in time
 */
export function createClient({ service, baseUrl, token, timeoutMs = 3_000 }: ClientOptions): Client {
  return (endpoint) =>
    async (call: AnyCall = {}) => {
      const signal = AbortSignal.timeout(timeoutMs)
      const send = (bearer?: string) =>
        inSpan(`${endpoint.method} ${endpoint.url}`, aboutCall(service, endpoint), (span) =>
          sendOnce(service, endpoint, call, { baseUrl, bearer, signal, span }),
        )
      const attempt = async () => {
        const bearer = await token?.()
        return send(bearer).catch(async (error: unknown) => {
          // A refused token means that nothing was done, so every call may be made again with another.
          const other = error instanceof Problem && error.status === 401 ? await token?.(bearer) : undefined
          if (other === undefined || other === bearer) throw error
          return send(other)
        })
      }
      if (endpoint.method !== 'GET' && !call.idempotent) return attempt()
      const shouldRetry = ({ error }: { error: unknown }) => isUnavailable(error) && !signal.aborted
      return pRetry(attempt, { ...retries, shouldRetry })
    }
}

interface Sending {
  readonly baseUrl: string
  readonly bearer: string | undefined
  readonly signal: AbortSignal
  readonly span: Span | undefined
}

const aboutCall = (service: string, { method, url }: Endpoint) =>
  ({
    kind: 'client',
    attributes: { 'service.peer.name': service, 'http.request.method': method, 'url.template': url },
  }) as const

async function sendOnce<E extends Endpoint>(service: string, endpoint: E, call: AnyCall, sending: Sending) {
  const { baseUrl, bearer, signal, span } = sending
  let answer: FailedAnswer
  try {
    const { statusCode, headers, body } = await request(`${baseUrl}${pathOf(endpoint, call)}`, {
      dispatcher: connections,
      method: endpoint.method,
      headers: headersOf(call, bearer, span?.headers),
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal,
    })
    span?.set({ 'http.response.status_code': statusCode })
    answer = { status: statusCode, retryAfter: headers['retry-after'], text: await body.text() }
  } catch (cause) {
    throw unavailable(service, cause)
  }
  if (answer.status >= 300) throw problemOf(service, answer)
  return readAnswer(service, endpoint, answer)
}

function readAnswer<E extends Endpoint>(
  service: string,
  endpoint: E,
  { status, text }: { status: number; text: string },
) {
  const schema = endpoint.schema.response[status]
  try {
    if (!schema) throw new Error(`The contract knows no answer ${status}.`)
    return schema.parse(text === '' ? undefined : JSON.parse(text)) as Answer<E>
  } catch (cause) {
    throw new Error(`${service} answered ${endpoint.schema.operationId} otherwise than its contract says.`, {
      cause,
    })
  }
}
