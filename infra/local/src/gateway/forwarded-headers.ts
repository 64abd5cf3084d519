type Headers = NodeJS.Dict<string | string[]>

interface Received {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: { readonly host?: string | undefined }
}

/** Those of one hop (RFC 9110, section 7.6.1), which the next one has its own of. */
const ofOneHop = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** By which a client could pass itself off as a proxy, or have another path or method read than the one routed here. */
const ofProxies =
  /^(forwarded|via|x-forwarded.*|x-real-ip|(x-|true-|cf-).*client-ip|cf-connecting-ip|x-(original|rewrite)-url|x-(http-)?method.*)$/

/**
 * The headers that go on to a service: where the request came from is what the socket says, whatever the client wrote.
 * A name with an underscore never goes on, because some servers read it as the same name with a dash.
 */
export const requestHeaders = (request: Received, headers: Headers): Headers => {
  const kept = Object.entries(headers).filter(
    ([name]) => !ofOneHop.has(name) && !ofProxies.test(name) && !name.includes('_'),
  )
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': request.socket.remoteAddress,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': request.headers.host,
  }
}

/** The headers of an answer that go back to the client. */
export const answerHeaders = (headers: Headers): Headers => {
  const { connection = '' } = headers
  const named = `${connection}`.toLowerCase().split(/\s*,\s*/)
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofOneHop.has(name) && !named.includes(name)),
  )
}
