interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface Asking {
  /** The next request. */
  next(): Asked
  readonly seconds: number
  readonly connections: number
}

/**
 * Sends requests one after the other on each of so many connections. @returns how long the slowest of a hundred took, in
 * milliseconds
 * @throws if any was refused
 */
export async function slowestOfHundred({ next, seconds, connections }: Asking): Promise<number> {
  const until = performance.now() + seconds * 1000
  const times: number[] = []
  const ask = async () => {
    while (performance.now() < until) {
      const { url, headers } = next()
      const from = performance.now()
      const response = await fetch(url, { headers })
      await response.arrayBuffer()
      times.push(performance.now() - from)
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    }
  }
  await Promise.all(Array.from({ length: connections }, ask))
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
}
