import { expect, test } from 'vitest'
import { endpoint, open, serve } from './harness.ts'

const { app, url } = await serve((app) => {
  app.route({ ...endpoint('GET', '/api/things', open), handler: async () => ({}) })
  app.route({
    ...endpoint('GET', '/api/page', open),
    handler: async (_, reply) =>
      reply.header('cache-control', 'public, max-age=60').type('text/html').send('<p>'),
  })
})

test.each(['/api/things', '/api/nothing', '/api/things/%', '/health', '/metrics'])(
  '%s is answered with all security headers',
  async (path) => {
    const { headers } = await app.inject(path)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(headers).not.toHaveProperty('server')
  },
)

test('no other origin is let in', async () => {
  const reply = await fetch(new URL('/api/things', url), { headers: { origin: 'https://evil.test' } })
  expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('a route may set a header of its own', async () => {
  const { headers } = await app.inject('/api/page')
  expect(headers).toMatchObject({ 'cache-control': 'public, max-age=60', 'x-frame-options': 'DENY' })
})
