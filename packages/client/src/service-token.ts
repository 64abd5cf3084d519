import { issueServiceToken, type ServiceTokenRequest } from '@gatehouse/contracts/service-token'
import { createClient, type TokenSource } from './client.ts'
import { unavailable } from './failed-answer.ts'

interface ServiceTokenOptions {
  readonly authUrl: string
  readonly serviceName: string
  readonly serviceSecret: string
  /** The one service that the token is for; without it, whichever is called. */
  readonly audience?: ServiceTokenRequest['audience']
}

interface Token {
  readonly text: string
  readonly issuedAt: number
  readonly expiresAt: number
}

const marginMs = 5_000
const firstRetryMs = 1_000
const maxRetryMs = 15_000

/**
 * The token of a service account. It is fetched when it is first needed and from then on renewed at half its life, so
 * that auth may be away for the other half; one that is still good is used on.
 * @throws Problem 503 `auth.unavailable` when there is no good token and none can be had
 */
export function serviceToken(options: ServiceTokenOptions): TokenSource & { stop(): void } {
  const { authUrl, serviceName, serviceSecret, audience } = options
  const issue = createClient({ service: 'auth', baseUrl: authUrl })(issueServiceToken)
  const body = { serviceName, serviceSecret, ...(audience && { audience }) }
  let current: Token | undefined
  let flight: Promise<Token> | undefined
  let timer: NodeJS.Timeout | undefined
  let retryMs = firstRetryMs
  let stopped = false

  const renewIn = (delayMs: number) => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void renew().catch(() => {}), delayMs).unref()
  }

  const fetchToken = async () => {
    const issuedAt = Date.now()
    try {
      const { accessToken, expiresIn } = await issue({ body, idempotent: true })
      current = { text: accessToken, issuedAt, expiresAt: issuedAt + expiresIn * 1_000 }
      retryMs = firstRetryMs
      renewIn((expiresIn * 1_000) / 2)
      return current
    } catch (cause) {
      renewIn(retryMs * (0.5 + Math.random() / 2))
      retryMs = Math.min(retryMs * 2, maxRetryMs)
      throw unavailable('auth', cause)
    }
  }

  const renew = () => {
    flight ??= fetchToken().finally(() => {
      flight = undefined
    })
    return flight
  }

  const source: TokenSource = async (refused) => {
    const now = Date.now()
    const isGood = current !== undefined && current.expiresAt - marginMs > now
    // A new token that is refused at once would be refused again.
    const isWorthKeeping =
      current?.text !== refused || (current !== undefined && now - current.issuedAt < marginMs)
    if (current && isGood && isWorthKeeping) return current.text
    return (await renew()).text
  }
  const stop = () => {
    stopped = true
    clearTimeout(timer)
  }
  return Object.assign(source, { stop })
}
