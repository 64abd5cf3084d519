type Headers = NodeJS.Dict<string | string[]>

/** Those of one hop (RFC 9110, section 7.6.1), and those by which the gateway speaks for itself. */
const left = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'set-cookie',
  'x-request-id',
])

/** The header of an answer as the client gets it. */
export function answerHeaders(headers: Headers): Headers {
  const { connection = '' } = headers
  const named = `${connection}`.toLowerCase().split(/\s*,\s*/)
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !left.has(name) && !named.includes(name)),
  )
}
