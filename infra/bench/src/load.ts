import autocannon from 'autocannon'

interface Load {
  readonly url: string
  /** Sent in turn: one request each, over and over. */
  readonly headers: readonly Readonly<Record<string, string>>[]
  readonly seconds: number
  readonly connections: number
  /** Sent with each, which are POST then. */
  readonly body?: string
}

/**
 * Keeps so many connections busy with requests, each as soon as the one before is answered. @returns how many were
 * @throws if any answer was not a success: a refusal is quickly given
 */
export async function load({ url, headers, seconds, connections, body }: Load): Promise<number> {
  const result = await autocannon({
    url,
    duration: seconds,
    connections,
    requests: headers.map((headers) =>
      body === undefined ? { method: 'GET', headers } : { method: 'POST', headers, body },
    ),
  })
  const failed = result.non2xx + result.errors + result.timeouts
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${url} failed`)
  return result.requests.total
}
