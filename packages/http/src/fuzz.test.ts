import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { as, endpoint, open, serve } from './harness.ts'

const Person = z.strictObject({
  email: z.email().max(254),
  name: z.string().min(1).max(100),
  tags: z.array(z.string().max(20)).max(5).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
})
const { app } = await serve((app) => {
  app.route({ ...endpoint('POST', '/api/people', open, { body: Person }), handler: async ({ body }) => body })
  app.route({
    ...endpoint(
      'GET',
      '/api/people/:id',
      { access: 'users:read' },
      {
        params: z.object({ id: z.string().max(40) }),
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(100).optional(),
          search: z.string().optional(),
        }),
      },
    ),
    handler: async ({ params, query }) => ({ ...params, ...query }),
  })
})

const hostileText = fc.constantFrom(
  '\0',
  '\ud800',
  '\udc00x',
  '\u202eevil',
  '__proto__',
  'constructor',
  '{"$gt":""}',
  "' or 1=1 --",
  '%00',
  '../..',
  'a'.repeat(65_536),
  '\r\nSet-Cookie: a=b',
  '\u001b[31m',
)
const anyText = fc.oneof(fc.string({ unit: 'binary' }), hostileText)
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 8 }),
  anyText,
  fc.array(anyText),
  fc.dictionary(anyText, anyText),
)
const anyPerson = fc.record(
  { email: anyValue, name: anyValue, tags: anyValue, settings: anyValue, more: anyValue },
  { requiredKeys: [] },
)
const runs = { numRuns: 400 }
const token = await as('users:read')

const isCalm = (reply: { statusCode: number; headers: Record<string, unknown>; body: string }) => {
  expect(reply.statusCode).toBeLessThan(500)
  if (reply.statusCode >= 400) expect(JSON.parse(reply.body)).toMatchObject({ code: expect.any(String) })
}

test('no body makes the service fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyPerson, anyValue), async (body) => {
      isCalm(
        await app.inject({
          method: 'POST',
          url: '/api/people',
          headers: { 'content-type': 'application/json' },
          payload: JSON.stringify(body),
        }),
      )
    }),
    runs,
  )
})

test('no bytes make the service fail', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), anyText, async (bytes, type) => {
      const headers = { 'content-type': type.length < 100 ? `application/json;${type}` : 'application/json' }
      isCalm(await app.inject({ method: 'POST', url: '/api/people', headers, payload: Buffer.from(bytes) }))
    }),
    runs,
  )
})

test('no address makes the service fail', async () => {
  const anyPath = fc.oneof(
    anyText.map((text) => text.toWellFormed()).map(encodeURIComponent),
    fc.webUrl().map((url) => new URL(url).pathname),
    fc.stringMatching(/^[!-~]{0,80}$/),
  )
  await fc.assert(
    fc.asyncProperty(anyPath, anyPath, anyPath, async (id, name, value) => {
      isCalm(await app.inject({ url: `/api/people/${id}?${name}=${value}&limit=${value}`, headers: token }))
    }),
    runs,
  )
})

test('no header makes the service fail', async () => {
  const names = [
    'authorization',
    'x-request-id',
    'x-correlation-id',
    'traceparent',
    'user-agent',
    'x-forwarded-for',
    'accept-version',
    'content-length',
    'if-match',
  ] as const
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.stringMatching(/^[ -~]{0,300}$/), async (name, value) => {
      isCalm(await app.inject({ url: '/api/people/1', headers: { ...token, [name]: value } }))
    }),
    runs,
  )
})
