import { expect, test } from 'vitest'
import * as z from 'zod'
import { endpoint, open, serve } from './harness.ts'
import type { Routes } from './routes.ts'

const limited = endpoint('POST', '/api/limited', open, { body: z.unknown() })
const twice: Routes<object> = async (app) => {
  const config = { ...limited.config, rateLimit: { max: 2, timeWindow: 60_000 } }
  app.route({ ...limited, config, handler: async () => ({}) })
  app.route({ ...endpoint('GET', '/api/unlimited', open), handler: async () => ({}) })
}
const start = () => serve((app) => app.register(twice), { trustedProxies: ['127.0.0.1'] })
const { app } = await start()

const postFrom = (address: string) =>
  app.inject({ method: 'POST', url: '/api/limited', headers: { 'x-forwarded-for': address } })
const statusFrom = async (address: string) => (await postFrom(address)).statusCode

test('who asks too often is told when to come back', async () => {
  expect((await postFrom('192.0.2.1')).headers).toMatchObject({
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
  })
  expect(await statusFrom('192.0.2.1')).toBe(200)
  const reply = await postFrom('192.0.2.1')
  expect(reply.statusCode).toBe(429)
  expect(reply.headers).toMatchObject({
    'retry-after': '60',
    'ratelimit-limit': '2',
    'ratelimit-remaining': '0',
    'ratelimit-reset': '60',
  })
  expect(reply.json()).toMatchObject({ status: 429, code: 'request.rate_limited' })
  expect(await statusFrom('192.0.2.2')).toBe(200)
})

test.each([
  ['an IPv4 address and its IPv6 form', ['192.0.2.9', '::ffff:192.0.2.9', '::FFFF:c000:209']],
  ['the addresses of one /64', ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::2', '2001:db8:1:2:0:0:0:3']],
  ['what is not an address', ['a', 'b', '010.0.0.1']],
])('%s count as one client', async (_, addresses) => {
  const statuses = []
  for (const address of addresses) statuses.push(await statusFrom(address))
  expect(statuses).toEqual([200, 200, 429])
})

test('the next /64 is another client', async () => {
  for (const address of ['2001:db8:7:1::1', '2001:db8:7:1::1', '2001:db8:7:2::1']) {
    expect(await statusFrom(address)).toBe(200)
  }
})

test('X-Forwarded-For of somebody who is not a trusted proxy is not believed', async () => {
  const statuses = []
  for (const forged of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
    const remoteAddress = '203.0.113.5'
    const headers = { 'x-forwarded-for': forged }
    statuses.push(
      (await app.inject({ method: 'POST', url: '/api/limited', headers, remoteAddress })).statusCode,
    )
  }
  expect(statuses).toEqual([200, 200, 429])
})

test('a route that states no limit has none, and shows none', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => app.inject('/api/unlimited')))
  expect(replies.every(({ statusCode }) => statusCode === 200)).toBe(true)
  expect(replies[0]?.headers).not.toHaveProperty('ratelimit-limit')
})
