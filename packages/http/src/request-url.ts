import type { FastifyInstance } from 'fastify'
import { expectationFailed, malformedUrl, missingHost, refusedContent } from './failures.ts'
import { isRefusedName } from './json-body.ts'

/** Refuses URLs that are not well formed, and what Node would refuse without a word to us, before anything else looks. */
export function requestUrl(app: FastifyInstance) {
  app.addHook('onRequest', (request, _reply, done) => {
    const { url, headers, raw } = request
    if (headers.host === undefined && raw.httpVersion === '1.1') throw missingHost()
    if (!/^(?:100-continue)?$/i.test(headers.expect ?? '')) throw expectationFailed()
    if (url.includes('%')) checkEncoding(url)
    if (url.includes('?') && Object.keys(request.query as object).some(isRefusedName)) throw refusedContent()
    done()
  })
}

/** Has Node hand on what it would answer by itself, for `requestUrl` to refuse: no `Host`, and expectations that nobody knows. */
export function seeAllRequests(app: FastifyInstance) {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
}

/** Percent-encoding must be whole and its bytes UTF-8 (RFC 3986, section 2.5); NUL has no business in a URL. */
function checkEncoding(url: string) {
  if (url.includes('%00')) throw malformedUrl()
  try {
    decodeURIComponent(url)
  } catch {
    throw malformedUrl()
  }
}
