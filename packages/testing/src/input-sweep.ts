import type { Endpoint } from '@gatehouse/contracts/endpoint'
import type { ServiceName } from '@gatehouse/contracts/events'
import { isPermission, permissions } from '@gatehouse/contracts/permissions'
import { services } from '@gatehouse/contracts/services'
import { describe, expect, test } from 'vitest'
import { type Caller, credentialOf, type World } from './matrix-callers.ts'
import { anyAddress, type Question, requestOf } from './matrix-requests.ts'
import type { TestIssuer } from './tokens.ts'

interface Sweepable {
  inject(
    request: ReturnType<typeof requestOf> & { headers: Record<string, string>; remoteAddress: string },
  ): Promise<{
    statusCode: number
    body: string
  }>
}

interface Input {
  readonly service: ServiceName
  readonly issuer: TestIssuer
  /** Makes a tenant with everything that the service's routes can be about. */
  world(): Promise<World>
}

/** What breaks services that trust what they are sent. */
const hostile: readonly unknown[] = [
  'a\u0000b',
  '\ud800',
  '\u202eevil',
  '\u200b',
  'x\r\nSet-Cookie: a=b',
  '\u001b[31m',
  "' or 1=1 --",
  '%',
  '../..',
  '__proto__',
  'x'.repeat(60_000),
  '',
  ' ',
  null,
  -1,
  1e308,
  true,
  [],
  ['x', ['y']],
  {},
  { $gt: '' },
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
]

/**
 * Sends every route of a service what it should not be sent, in each field of a request that is good but for it, as
 * somebody who may call it. Nothing makes it fail, and nothing gets into what objects inherit.
 */
export async function sweepInput(app: Sweepable, { service, issuer, world }: Input): Promise<void> {
  const [about, other] = [await world(), await world()]

  describe('nothing that a field can hold makes a route fail', () => {
    test.each(services[service])('$method $url', async (endpoint) => {
      const question: Question = { method: endpoint.method, url: endpoint.url, endpoint }
      const headers = await credentialOf(issuer, callerOf(endpoint), { about, other })
      for (const request of spoilt(requestOf(question, about.things), endpoint)) {
        const answer = await app.inject({ ...request, headers, remoteAddress: anyAddress() })
        expect(answer.statusCode, JSON.stringify(request).slice(0, 300)).not.toBe(500)
      }
      expect({}).not.toHaveProperty('polluted')
    })
  })
}

/** Somebody who gets past the guard of a route. */
function callerOf({ config: { access, kinds } }: Endpoint): Caller {
  if (kinds?.includes('service') || (isPermission(access) && permissions[access].grantable === 'service'))
    return 'service'
  return isPermission(access) && permissions[access].grantable === 'platform' ? 'platform' : 'admin'
}

type Asked = ReturnType<typeof requestOf>

/** A request over and over, each time with something else wrong in one place. */
function* spoilt(good: Asked, { schema }: Endpoint): Generator<Asked> {
  for (const value of hostile) {
    const text = encodeURIComponent(
      typeof value === 'string' ? value.toWellFormed().slice(0, 4_000) : `${value}`,
    )
    const path = good.url.replace(/[^/]+$/, text)
    if (schema.params) yield { ...good, url: path }
    for (const name of Object.keys(schema.querystring?.shape ?? {}))
      yield { ...good, url: `${good.url}?${name}=${text}` }
    for (const name of fieldsOf(good.payload, schema.body))
      yield { ...good, payload: { ...good.payload, [name]: value } }
    if (schema.body) yield { ...good, payload: value as object }
  }
}

const fieldsOf = (payload: object | undefined, body: unknown) => {
  const declared = (body as { shape?: object } | undefined)?.shape ?? {}
  return new Set([...Object.keys(payload ?? {}), ...Object.keys(declared), 'more'])
}
