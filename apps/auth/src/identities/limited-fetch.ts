const timeoutMs = 5_000
const maxBytes = 1_000_000

/**
 * Asks somebody who is not trusted: follows no redirect, and gives all of the answer 5 s and 1 MB.
 * @throws whatever came in between
 */
export async function limitedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const signals = [AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])]
  const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) })
  const { status, headers } = response
  return new Response(await readLimited(response), { status, headers })
}

async function readLimited({ body }: Response) {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`The answer is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The JSON at an address. @throws also for every status but 200 */
export async function fetchJson(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await limitedFetch(url, { headers: { accept: 'application/json', ...headers } })
  if (response.status !== 200) throw new Error(`The status is ${response.status}.`)
  return response.json()
}
