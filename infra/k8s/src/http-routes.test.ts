import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/events'
import { probes, routedPaths, services } from '@gatehouse/contracts/services'
import { openPaths, targetOf } from '@gatehouse/local/gateway/routes'
import { expect, test } from 'vitest'
import { overlays, render } from './harness.ts'
import { type PathMatch, pathMatch } from './http-routes.ts'
import { writtenRoutes } from './written-routes.ts'

test('the routes that kustomize reads are those of the contracts as they are now', () => {
  const file = join(import.meta.dirname, '../base/gateway/http-routes.yaml')
  expect(readFileSync(file, 'utf8'), 'run: node infra/k8s/src/main.ts').toBe(writtenRoutes())
})

interface Route {
  readonly match: PathMatch
  readonly service: string
}

const routesOf = (overlay: (typeof overlays)[number]): Route[] =>
  render(overlay)
    .filter(({ kind }) => kind === 'HTTPRoute')
    .flatMap(({ spec }) => spec.rules)
    .filter((rule) => rule.backendRefs)
    .flatMap(({ matches, backendRefs: [{ name }] }) =>
      matches.map(({ path }: { path: PathMatch }) => ({
        match: path,
        service: name.replace('gatehouse-', ''),
      })),
    )

const takes = ({ type, value }: PathMatch, path: string) => {
  if (type === 'Exact') return path === value
  if (type === 'PathPrefix') return path === value || path.startsWith(`${value}/`)
  return new RegExp(value).test(path)
}

/** Whom the Gateway API sends a path to: whoever names it exactly, else whoever describes it. */
const ownersOf = (routes: readonly Route[], path: string) => {
  const taken = routes.filter(({ match }) => takes(match, path))
  const exact = taken.filter(({ match }) => match.type === 'Exact')
  return [...new Set((exact.length > 0 ? exact : taken).map(({ service }) => service))]
}

const pathOf = (url: string) =>
  url.replaceAll(/:\w+/g, '0198c0de-0000-7000-8000-000000000001').replace('*', 'js/scalar.js')

test.each(overlays)(
  'in %s every endpoint that is open reaches its owner, and no other service',
  (overlay) => {
    const routes = routesOf(overlay)
    expect(routedPaths.length).toBeGreaterThan(50)
    for (const { service, url } of openPaths) {
      expect({ url, owners: ownersOf(routes, pathOf(url)) }).toEqual({ url, owners: [service] })
    }
  },
)

test.each(overlays)(
  'in %s nothing internal is reachable: no hidden endpoint, no probe, no metrics',
  (overlay) => {
    const routes = routesOf(overlay)
    const hidden = Object.values(services)
      .flat()
      .filter(({ url, schema }) => schema.hide && !routedPaths.some((open) => open.url === url))
    expect(hidden.length).toBeGreaterThan(5)
    const closed = [...hidden, ...probes].map(({ url }) => pathOf(url))
    for (const path of [
      ...closed,
      '/metrics',
      '/',
      '/api',
      '/api/nothing',
      '/api/internal/x',
      '/internal/x',
    ]) {
      expect({ path, owners: ownersOf(routes, path) }).toEqual({ path, owners: [] })
      expect(ownersOf(routes, `/api${path}`)).toEqual([])
    }
  },
)

test.each(overlays)('in %s a path goes where the gateway of this machine sends it', (overlay) => {
  const routes = routesOf(overlay)
  const odd = ['/api/users//me', '/API/users/me', '/api/users/me/', '/api/tenants/x/y/z', '/api/docsx']
  for (const path of [...openPaths.map(({ url }) => pathOf(url)), ...odd, '/api/api/partner/clients']) {
    const expected: (ServiceName | undefined)[] = [targetOf(path)?.service].filter(Boolean)
    expect({ path, owners: ownersOf(routes, path) }).toEqual({ path, owners: expected })
  }
})

test('of two owners no description fits the same path, so that the order of the rules decides nothing', () => {
  const described = openPaths.filter(({ url }) => pathMatch(url).type !== 'Exact')
  for (const { service, url } of openPaths) {
    const others = described.filter(
      (other) => other.service !== service && takes(pathMatch(other.url), pathOf(url)),
    )
    expect({ url, others }).toEqual({ url, others: [] })
  }
})
