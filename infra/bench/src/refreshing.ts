import autocannon from 'autocannon'
import { addressOf } from './people.ts'

interface Refreshing {
  readonly url: string
  /** The last refresh token of each session; here the next ones are put. */
  readonly tokens: string[]
  readonly seconds: number
}

/**
 * Has every session refresh as soon as the answer to the refresh before is there.
 * @returns how many were a second, and how long the slowest of a hundred took, in milliseconds
 * @throws if any was refused
 */
export async function refreshing({ url, tokens, seconds }: Refreshing) {
  let next = 0
  const result = await autocannon({
    url: `${url}/api/auth/refresh`,
    method: 'POST',
    duration: seconds,
    connections: tokens.length,
    setupClient(client) {
      const session = next++
      const present = () => {
        client.setHeaders({ 'content-type': 'application/json', 'x-forwarded-for': addressOf(session) })
        client.setBody(JSON.stringify({ refreshToken: tokens[session] }))
      }
      client.on('body', (body: Buffer) => {
        const [, successor] = /"refreshToken":"([^"]+)"/.exec(body.toString()) ?? []
        if (successor !== undefined) tokens[session] = successor
        present()
      })
      present()
    },
  })
  await Promise.all(tokens.map((_, session) => catchUp(url, tokens, session)))
  const failed = result.non2xx + result.errors + result.timeouts
  if (failed > 0) {
    const statuses = JSON.stringify(result.statusCodeStats)
    throw new Error(`${failed} of ${result.requests.total} refreshes failed: ${statuses}`)
  }
  return { perSecond: result.requests.total / result.duration, p99: result.latency.p99 }
}

/** The last answer of the round may have been cut off: asked again at once, it is given again. */
async function catchUp(url: string, tokens: string[], session: number) {
  const response = await fetch(`${url}/api/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(session) },
    body: JSON.stringify({ refreshToken: tokens[session] }),
  })
  if (!response.ok) throw new Error(`a refresh that was asked for again answered ${response.status}`)
  tokens[session] = ((await response.json()) as { refreshToken: string }).refreshToken
}
