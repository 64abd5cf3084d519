import { expect, test } from 'vitest'
import { serve } from './harness.ts'

const state = { database: true as unknown, nats: true as unknown, bus: true as unknown }
const { app } = await serve(() => {}, {
  readiness: { database: () => state.database, nats: async () => state.nats, feed: () => undefined },
  spared: { bus: () => state.bus },
})
const get = async (url: string) => {
  const reply = await app.inject(url)
  return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
}

test.each(['/health', '/api/health'])('%s looks at nothing outside the process', async (url) => {
  state.database = false
  expect(await get(url)).toMatchObject({ status: 200, body: { status: 'ok' } })
})

test.each(['/ready', '/api/ready'])('%s is there when everything is', async (url) => {
  Object.assign(state, { database: true, nats: true })
  expect(await get(url)).toMatchObject({ status: 200, body: { status: 'ready' } })
})

test.each([
  ['says no', async () => false],
  ['fails', () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5'))],
  ['does not answer within a second', () => new Promise(() => {})],
])('what %s is named, and its reason is not', async (_, check) => {
  Object.assign(state, { database: check(), nats: true })
  const { status, body, headers } = await get('/api/ready')
  expect(status).toBe(503)
  expect(headers['retry-after']).toBe('1')
  expect(body).toMatchObject({
    code: 'service.not_ready',
    detail: 'Not ready: database.',
    errors: [{ path: 'database' }],
  })
  expect(JSON.stringify(body)).not.toContain('ECONNREFUSED')
})

test('everything that is missing is named at once', async () => {
  Object.assign(state, { database: false, nats: false })
  expect((await get('/ready')).body).toMatchObject({ detail: 'Not ready: database, nats.' })
})

test('what is served on without is named, and takes nobody out of a balancer', async () => {
  Object.assign(state, { database: true, nats: true, bus: false })
  expect(await get('/ready')).toMatchObject({ status: 200, body: { status: 'ready', without: ['bus'] } })
  state.bus = true
  expect((await get('/ready')).body).toEqual({ status: 'ready' })
})

test('a server that drains is not ready, serves on, and asks for its connections to be closed', async () => {
  Object.assign(state, { database: true, nats: true })
  app.lifecycle.draining = true
  expect((await get('/api/ready')).body).toMatchObject({ detail: 'Not ready: draining.' })
  const alive = await get('/api/health')
  expect(alive.status).toBe(200)
  expect(alive.headers.connection).toBe('close')
  app.lifecycle.draining = false
})
