import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { openPaths } from '@gatehouse/local/gateway/routes'

export interface PathMatch {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'
  readonly value: string
}

/**
 * What a gateway compares a path with. A parameter is one segment that is not empty. The expression is anchored at both
 * ends, because some implementations search for it and others compare all of the path with it.
 */
export const pathMatch = (url: string): PathMatch => {
  if (url.endsWith('/*')) return { type: 'PathPrefix', value: url.slice(0, -2) }
  if (!url.includes('/:')) return { type: 'Exact', value: url }
  const segments = url.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : literal(segment)))
  return { type: 'RegularExpression', value: `^${segments.join('/')}$` }
}

const literal = (segment: string) => segment.replaceAll('.', '[.]')

/** As many as the Gateway API takes in one rule. */
const mostMatches = 64

/**
 * The HTTPRoutes of the Gateway API that send every path that is open to the outside to its owner, and nothing else to
 * anybody: one for each service, and one for the documented join of the base path with the partner paths.
 */
export const httpRoutes = () => [...serviceNames.map(routeTo), joinedPartnerRoute]

const routeTo = (service: ServiceName) => {
  const matches = openPaths
    .filter((path) => path.service === service)
    .map(({ url }) => ({ path: pathMatch(url) }))
  const rules = Array.from({ length: Math.ceil(matches.length / mostMatches) }, (_, index) => ({
    matches: matches.slice(index * mostMatches, (index + 1) * mostMatches),
    ...backend(service),
  }))
  return httpRoute(`gatehouse-${service}`, rules)
}

const backend = (service: ServiceName) => ({
  backendRefs: [{ name: `gatehouse-${service}`, port: 80 }],
  timeouts: { request: '30s' },
})

const httpRoute = (name: string, rules: readonly object[]) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name },
  spec: { parentRefs: [{ name: 'gatehouse', sectionName: 'api' }], rules },
})

const joinedPartnerRoute = httpRoute('gatehouse-joined-partner', [
  {
    matches: [{ path: { type: 'PathPrefix', value: '/api/api/partner' } }],
    filters: [
      {
        type: 'URLRewrite',
        urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/api/partner' } },
      },
    ],
    ...backend('partner-gateway'),
  },
])
