import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'

/** A service somewhere else, as far as its description goes. */
async function describedService(name: string) {
  const server = fastify()
  server.get(`/api/openapi/${name}.json`, async () => ({
    openapi: '3.1.0',
    info: { title: name, version: '1' },
    tags: [{ name }],
    paths: {
      '/api/health': { get: { operationId: 'health', responses: {} } },
      '/api/ready': { get: { operationId: 'ready', responses: {} } },
      [`/api/${name}`]: { get: { operationId: name, responses: {} } },
    },
    components: { schemas: { [name]: { type: 'object' } } },
  }))
  return server.listen({ host: '127.0.0.1', port: 0 })
}

test('the merged document has the paths and components of every service, and this one', async () => {
  const [auth, directory, audit] = await Promise.all(['auth', 'directory', 'audit'].map(describedService))
  const { app } = await harness({
    services: { auth: auth ?? '', directory: directory ?? '', audit: audit ?? '' },
  })
  const merged = (await app.inject('/api/openapi.json')).json()
  expect(merged.openapi).toBe('3.1.0')
  expect(Object.keys(merged.paths)).toEqual(
    expect.arrayContaining([
      '/api/auth',
      '/api/directory',
      '/api/audit',
      '/api/partner/clients',
      '/api/partner/oauth/token',
      '/api/partner/v1/users/{id}',
      '/api/health',
    ]),
  )
  expect(Object.keys(merged.components.schemas)).toEqual(
    expect.arrayContaining(['auth', 'directory', 'audit']),
  )
})

test('while a service cannot be asked, the merged document is a 503 that names it, not a part that looks whole', async () => {
  const { app } = await harness()
  const answer = await app.inject('/api/openapi.json')
  expect(answer.statusCode).toBe(503)
  expect(answer.json().detail).toMatch(/auth|directory|audit/)
  expect(answer.headers['retry-after']).toBeDefined()
})

test('the reference page loads nothing from anywhere else', async () => {
  const { app } = await harness()
  const page = await app.inject('/api/docs')
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.body).not.toMatch(/https?:\/\//)

  const script = await app.inject('/api/docs/scalar.js')
  expect(script.statusCode).toBe(200)
  expect(script.rawPayload.length).toBeGreaterThan(500_000)
  const again = await app.inject({
    url: '/api/docs/scalar.js',
    headers: { 'if-none-match': String(script.headers.etag) },
  })
  expect(again.statusCode).toBe(304)
})
