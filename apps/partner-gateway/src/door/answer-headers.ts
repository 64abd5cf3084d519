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
  const kept: Headers = {}
  for (const name in headers) if (!left.has(name)) kept[name] = headers[name]
  const { connection } = headers
  if (connection !== undefined && connection !== 'keep-alive') {
    for (const name of `${connection}`.toLowerCase().split(',')) delete kept[name.trim()]
  }
  return kept
}
