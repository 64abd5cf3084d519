import type { Access, OwnRecord } from '@gatehouse/contracts/endpoint'
import type { Principal, PrincipalKind } from '@gatehouse/contracts/principal'
import { forbidden } from '@gatehouse/contracts/problems'
import type {
  FastifyInstance,
  FastifyRequest,
  onRequestHookHandler,
  preValidationHookHandler,
  RouteOptions,
} from 'fastify'
import type { Authenticate } from './authentication.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    kinds?: readonly PrincipalKind[]
    own?: OwnRecord
    through?: string
    tokens?: 'partner'
  }
  interface FastifyRequest {
    /** Who is calling. On a `public` route there is nobody: nothing may be read of it. */
    principal: Principal
  }
  interface FastifyInstance {
    /** Every route and who may call it, filled as routes are declared. */
    readonly accessTable: {
      method: string
      url: string
      access: Access
      own: OwnRecord | undefined
      tokens: 'partner' | undefined
    }[]
  }
}

/** How callers are known, by whose tokens a route takes. */
interface Authenticators {
  readonly ours: Authenticate
  readonly partner: Authenticate | undefined
}

/** Denies by default: each route is guarded by what it declares, and one that declares nothing stops the boot. */
export function access(app: FastifyInstance, { ours, partner }: Authenticators) {
  app.decorateRequest('principal')
  app.decorate('accessTable', [])

  app.addHook('onRoute', (route) => {
    const { access, own, tokens } = route.config ?? {}
    if (!access) throw new Error(`${route.method} ${route.url} does not declare config.access`)
    app.accessTable.push({ method: String(route.method), url: route.url, access, own, tokens })
    if (access === 'public') return
    const authenticate = tokens === 'partner' ? partner : ours
    if (!authenticate) throw new Error(`${route.url} takes tokens that nobody here can check`)
    route.onRequest = [admit(route, access, authenticate), ...hooksOf(route.onRequest)]
    if (own) route.preValidation = [refuseOthers(access, own), ...hooksOf(route.preValidation)]
  })
}

const hooksOf = <H>(hooks: H | H[] | undefined): H[] => (hooks === undefined ? [] : ([hooks].flat() as H[]))

/** The guard of one route. Where the route knows `own` records, that they are the caller's is left to `refuseOthers`. */
function admit({ config }: RouteOptions, access: Access, authenticate: Authenticate): onRequestHookHandler {
  const { kinds, own, through } = config ?? {}
  const check = (request: FastifyRequest, principal: Principal) => {
    if (kinds && !kinds.includes(principal.kind)) throw refused(access)
    if (through !== undefined && principal.actors?.[0] !== through) throw refused(access)
    if (!own && !holds(principal, access)) throw refused(access)
    request.principal = principal
  }
  return (request, _reply, done) => {
    const principal = authenticate(request)
    if (!(principal instanceof Promise)) {
      check(request, principal)
      done()
      return
    }
    principal.then((principal) => check(request, principal)).then(() => done(), done)
  }
}

const holds = (principal: Principal, access: Access) =>
  access === 'signed-in' || (access !== 'public' && principal.permissions.has(access))

/** Lets those through who hold the permission, and those whose own record the request names, word for word. */
function refuseOthers(access: Access, own: OwnRecord): preValidationHookHandler {
  const [part, name] = own.split('.') as ['params' | 'querystring' | 'body', string]
  return (request, _reply, done) => {
    const { principal } = request
    if (!holds(principal, access)) {
      const values = (part === 'querystring' ? request.query : request[part]) as
        | Record<string, unknown>
        | undefined
      const isOwn = principal.kind === 'user' && values?.[name] === principal.id
      if (!isOwn) throw refused(access)
    }
    done()
  }
}

/** RFC 6750, section 3.1. */
const refused = (access: Access) => {
  const scope = access === 'signed-in' ? '' : `, scope="${access}"`
  return forbidden({
    headers: { 'www-authenticate': `Bearer realm="gatehouse", error="insufficient_scope"${scope}` },
  })
}
