import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { routedPaths } from '@gatehouse/contracts/services'
import findMyWay from 'find-my-way'

interface Target {
  readonly service: ServiceName
  /** As the client wrote it, without the query. */
  readonly path: string
}

/** Every path that a gateway lets through, in Fastify's notation, and whose it is. */
export const openPaths: readonly { readonly service: ServiceName; readonly url: string }[] = [
  ...routedPaths,
  { service: 'partner-gateway', url: '/api/docs' },
  { service: 'partner-gateway', url: '/api/docs/*' },
  { service: 'partner-gateway', url: '/api/openapi.json' },
  ...serviceNames.map((service) => ({ service, url: `/api/openapi/${service}.json` })),
]

const router = findMyWay({ maxParamLength: 500 })
for (const { service, url } of openPaths) router.on('GET', url, () => {}, service)

/**
 * Which service a path belongs to, whatever the method: the owner knows which it has. Nothing is put straight on the
 * way, so the owner reads the very path that was looked at here; the one exception is the documented join of the base
 * path with the partner paths, `/api/api/partner`. Undefined for what nobody owns or is not open to the outside.
 */
export const targetOf = (path: string): Target | undefined => {
  const joined = path.startsWith('/api/api/partner/') ? path.slice('/api'.length) : path
  const service = router.find('GET', joined)?.store as ServiceName | undefined
  return service && { service, path: joined }
}

/**
 * Whether a path can be read in one way only: no segments that another reader would resolve, no second spelling of a
 * separator, percent-encoding that is whole and its bytes UTF-8 (RFC 3986, sections 2.5 and 6.2.2).
 */
export const isPlainPath = (path: string): boolean =>
  /^(\/(?!\.{0,2}(\/|$))([\w\-.~!$&'()*+,=:@]|%(?!00|2[ef]|5c)[0-9a-f]{2})+)*\/?$/i.test(path) && isUtf8(path)

const isUtf8 = (path: string) => {
  try {
    return decodeURIComponent(path).isWellFormed()
  } catch {
    return false
  }
}
