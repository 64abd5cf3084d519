import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent, Redirect } from './http-semantics.ts'
import { partnerScopes } from './partner-clients.ts'
import { permissionNames } from './permissions.ts'
import { partnerApi, probes, services } from './services.ts'

const endpoints: readonly Endpoint[] = [...probes, ...Object.values(services).flat()]

/** A part of a request as JSON Schema has it; what may be left out is one of two forms. */
function rendered(schema: z.ZodType | undefined) {
  if (!schema) return { properties: {}, forms: [] }
  const { properties = {}, anyOf, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  const forms = (anyOf ?? [rest]).filter((form) => typeof form === 'object' && form.type !== 'null')
  return { properties, forms: forms as readonly z.core.JSONSchema.BaseSchema[] }
}

const isEmpty = (answer: z.ZodType) => answer === NoContent || answer === Redirect
const contentsOf = ({ schema }: Endpoint) =>
  Object.values(schema.response).filter((answer) => !isEmpty(answer))

describe.each(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.url}`, endpoint] as const))(
  '%s',
  (_route, endpoint) => {
    const { url, config, schema } = endpoint

    test('states who may call it, and what is their own by a field that it has', () => {
      expect([...permissionNames, 'signed-in', 'public']).toContain(config.access)
      if (!config.own) return
      const [part, field] = config.own.split('.') as ['params' | 'querystring' | 'body', string]
      expect(rendered(schema[part]).properties).toHaveProperty(field)
    })

    test('declares exactly the parameters of its path', () => {
      const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name)
      expect(Object.keys(rendered(schema.params).properties)).toEqual(inPath)
    })

    test('refuses unknown fields, except where OAuth 2 says to ignore them', () => {
      const isOAuth = config.oauth || url.endsWith('/callback')
      const forms = [...rendered(schema.body).forms, ...rendered(schema.querystring).forms]
      for (const form of forms) expect(form.additionalProperties).toBe(isOAuth ? undefined : false)
    })

    test('has schemas that an OpenAPI document can show', () => {
      const inputs = [schema.params, schema.querystring, schema.headers, schema.body].filter(
        (part) => part !== undefined,
      )
      for (const target of ['draft-2020-12', 'openapi-3.0'] as const) {
        for (const part of inputs) expect(() => z.toJSONSchema(part, { io: 'input', target })).not.toThrow()
        for (const part of contentsOf(endpoint))
          expect(() => z.toJSONSchema(part, { io: 'output', target })).not.toThrow()
      }
    })

    test('answers no password, hash or private key', () => {
      for (const content of contentsOf(endpoint))
        expect(JSON.stringify(z.toJSONSchema(content))).not.toMatch(
          /"\w*(password|hash|digest|private)\w*":/i,
        )
    })
  },
)

test('every endpoint is in the table of contents, under the name that it is exported by', async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => !file.endsWith('.test.ts'))
  const modules = await Promise.all(
    files.map((file): Promise<object> => import(/* @vite-ignore */ join(import.meta.dirname, file))),
  )
  const exported = modules.flatMap((module) =>
    Object.entries(module).filter(
      ([, value]) => typeof value === 'object' && value !== null && 'method' in value,
    ),
  )
  const names = exported.map(([name]) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(exported.map(([, endpoint]) => endpoint.schema.operationId)).toEqual(names)
  const entrances = new Set(partnerApi.map(({ entrance }) => entrance))
  const declared = endpoints.filter((endpoint) => !entrances.has(endpoint))
  expect(declared.map(({ schema }) => schema.operationId).sort()).toEqual(names.sort())
})

test('no two endpoints answer at one address', () => {
  const addresses = endpoints.map(({ method, url }) => `${method} ${url.replaceAll(/:\w+/g, ':')}`)
  expect(new Set(addresses).size).toBe(addresses.length)
})

test('what is between services is for services only, or for whom one acts, and hidden', () => {
  const internal = endpoints.filter(({ url }) => url.startsWith('/api/internal/'))
  expect(internal.length).toBeGreaterThan(0)
  for (const { config, schema } of internal) {
    expect(config.kinds).toEqual([config.through ? 'user' : 'service'])
    expect(schema.hide).toBe(true)
  }
})

test('what lies outside of /api is hidden, but for what RFC 8414 wants there', () => {
  const outside = endpoints.filter(({ url }) => !url.startsWith('/api/'))
  expect(outside.map(({ url, schema }) => [url, schema.hide])).toEqual([
    ['/health', true],
    ['/ready', true],
    ['/.well-known/oauth-authorization-server', undefined],
    ['/.well-known/oauth-authorization-server/api/partner', undefined],
    ['/internal/authorize', true],
  ])
})

test('the partner API is an entrance to what is open to partners, and to nothing else', () => {
  const open = endpoints.filter(({ config }) => config.partner)
  expect(partnerApi.map(({ behind }) => behind)).toEqual(open)
  for (const { behind, entrance } of partnerApi) {
    expect(entrance.url).toBe(behind.url.replace('/api/', '/api/partner/v1/'))
    expect(entrance.config).toEqual({
      access: behind.config.access,
      kinds: ['partner_client'],
      tokens: 'partner',
    })
  }
})

test("partners may write nothing but a person's name and status, and a client's scopes are just what these endpoints ask for", () => {
  const open = endpoints.filter(({ config }) => config.partner)
  const writing = open.filter(({ method }) => method !== 'GET')
  expect(writing.map(({ schema }) => schema.operationId)).toEqual([
    'updateUser',
    'deactivateUser',
    'reactivateUser',
  ])
  expect(new Set(open.map(({ config }) => config.access))).toEqual(new Set(partnerScopes))
})
