import { issuePartnerToken } from '@gatehouse/contracts/partner-token'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { endpoint, open, serve } from './harness.ts'

const Thing = z.object({ id: z.uuid() }).meta({ id: 'OpenapiTestThing' })
z.object({ never: z.string() }).meta({ id: 'OpenapiTestUnused' })
const ById = z.object({ id: z.uuid() })

const { app } = await serve((app) => {
  const guarded = { access: 'users:read', kinds: ['user'] } as const
  app.route({
    ...endpoint('GET', '/api/things/:id', guarded, { params: ById, response: { 200: Thing } }),
    handler: async ({ params }) => params,
  })
  app.route({
    ...endpoint(
      'PATCH',
      '/api/things/:id',
      { access: 'users:write' },
      { params: ById, body: z.strictObject({ name: z.string() }), response: { 204: z.undefined() } },
    ),
    handler: async (_, reply) => reply.code(204).send(),
  })
  app.route({ ...endpoint('POST', '/api/internal/things', open, { hide: true }), handler: async () => ({}) })
  app.route({
    ...issuePartnerToken,
    handler: async () => ({ access_token: '', token_type: 'Bearer' as const, expires_in: 1, scope: '' }),
  })
})
const reply = await app.inject('/api/openapi/example.json')
const document = reply.json()

test('the document is OpenAPI 3.1, with the name and version of the service', () => {
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Gatehouse example', version: '1.2.3' } })
})

test('it has what is public, and nothing that is hidden: no PUT, HEAD, probe or internal route', () => {
  const operations = Object.entries<object>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  )
  expect(operations.sort()).toEqual([
    'get /api/health',
    'get /api/ready',
    'get /api/things/{id}',
    'patch /api/things/{id}',
    'post /api/partner/oauth/token',
  ])
})

test('it says of each operation who may call it', () => {
  const { get } = document.paths['/api/things/{id}']
  expect(get).toMatchObject({ security: [{ bearer: ['users:read'] }], 'x-principal-kinds': ['user'] })
  expect(document.paths['/api/health'].get.security).toEqual([])
  expect(document.components.securitySchemes.bearer).toEqual({
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  })
})

test('it says of each operation how it fails', () => {
  const problem = { $ref: '#/components/responses/Problem' }
  expect(document.paths['/api/things/{id}'].get.responses.default).toEqual(problem)
  const oauthError = { $ref: '#/components/responses/OAuthError' }
  expect(document.paths['/api/partner/oauth/token'].post.responses.default).toEqual(oauthError)
  const { Problem, OAuthError } = document.components.responses
  expect(Problem.content['application/problem+json'].schema.required).toContain('code')
  expect(OAuthError.content['application/json'].schema.required).toContain('error')
})

test('a token request is a form or JSON', () => {
  const { content } = document.paths['/api/partner/oauth/token'].post.requestBody
  expect(Object.keys(content)).toEqual(['application/x-www-form-urlencoded', 'application/json'])
})

test('an answer without content has none', () => {
  expect(document.paths['/api/things/{id}'].patch.responses['204']).not.toHaveProperty('content')
})

test('schemas with a name stand once, those that nothing mentions not at all, and every reference has its end', () => {
  expect(document.paths['/api/things/{id}'].get.responses['200'].content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/OpenapiTestThing',
  })
  expect(document.components.schemas).not.toHaveProperty('OpenapiTestUnused')
  for (const [, section = '', name = ''] of reply.body.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
    expect(document.components[section]).toHaveProperty(name)
  }
})
