import { methodNotAllowed, noSuchRoute } from '@gatehouse/contracts/problems'
import type { FastifyInstance } from 'fastify'
import { malformedUrl, refusedContent } from './failures.ts'
import { isRefusedName } from './json-body.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Refuses URLs that are not well formed, and addresses and methods that no route has, before anything else looks. */
export function requestUrl(app: FastifyInstance) {
  app.addHook('onRequest', (request, _reply, done) => {
    const { url } = request
    if (url.includes('%')) checkEncoding(url)
    if (url.includes('?') && Object.keys(request.query as object).some(isRefusedName)) throw refusedContent()
    if (request.is404) {
      const [path = ''] = url.split('?', 1)
      const allowed = methods.filter((method) => app.findRoute({ method, url: path }))
      throw allowed.length === 0
        ? noSuchRoute()
        : methodNotAllowed({ headers: { allow: allowed.join(', ') } })
    }
    done()
  })
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
