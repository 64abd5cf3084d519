import type { Origin } from '@gatehouse/contracts/origin'
import { expect, test } from 'vitest'
import { canonicalAddress, inNetworks } from './client-address.ts'
import { endpoint, open, serve } from './harness.ts'

const whereFrom = endpoint('GET', '/api/where-from', open)
const { app, url } = await serve(
  (app) => app.route({ ...whereFrom, handler: async ({ origin }) => origin }),
  {
    trustedProxies: ['10.0.0.0/8', 'fd00::/8', '::1'],
  },
)
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  app.inject({ url: '/api/where-from', remoteAddress, headers })
const originFrom = async (remoteAddress: string, forwardedFor?: string) =>
  (await from(remoteAddress, forwardedFor ? { 'x-forwarded-for': forwardedFor } : {})).json<Origin>()

test('a request gets an id of its own, which is its correlation id as well', async () => {
  const reply = await from('192.0.2.1')
  expect(reply.headers['x-request-id']).toMatch(uuid)
  expect(reply.json()).toMatchObject({ correlationId: reply.headers['x-request-id'] })
})

test('ids that the client gives are taken up and given back', async () => {
  const reply = await from('192.0.2.1', {
    'x-request-id': 'request-0001',
    'x-correlation-id': 'journey-0001',
  })
  expect(reply.headers['x-request-id']).toBe('request-0001')
  expect(reply.json()).toMatchObject({ correlationId: 'journey-0001' })
})

test.each(['short', 'x'.repeat(65), 'has space', 'quote"quote', 'new\\nline', '../../etc', 'ünïcödé-id'])(
  'an id of "%s" is not taken up',
  async (id) => {
    const reply = await from('192.0.2.1', { 'x-request-id': id, 'x-correlation-id': id })
    expect(reply.headers['x-request-id']).toMatch(uuid)
    expect(reply.json()).toMatchObject({ correlationId: reply.headers['x-request-id'] })
  },
)

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

test('a traceparent is passed on, and given back', async () => {
  const reply = await from('192.0.2.1', { traceparent })
  expect(reply.json()).toMatchObject({ traceparent })
  expect(reply.headers).toMatchObject({ traceparent })
})

test.each([
  traceparent.replace('00-', 'ff-'),
  traceparent.toUpperCase(),
  `${traceparent}-more`,
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  'nonsense',
])('a traceparent of %s is not one', async (given) => {
  const reply = await from('192.0.2.1', { traceparent: given })
  expect(reply.json()).not.toHaveProperty('traceparent')
  expect(reply.headers).not.toHaveProperty('traceparent')
})

test('a user agent is kept short and printable', async () => {
  const agent = `Mozilla/5.0 \u0085é\t${'x'.repeat(500)}`
  const { userAgent = '' } = (await from('192.0.2.1', { 'user-agent': agent })).json<{ userAgent?: string }>()
  expect(userAgent).toMatch(/^Mozilla\/5\.0 \?\?\?x+$/)
  expect(userAgent).toHaveLength(256)
})

test('without a trusted proxy, nobody else is believed about the address', async () => {
  expect(await originFrom('192.0.2.1', '198.51.100.7')).toMatchObject({ sourceIp: '192.0.2.1' })
})

test.each([
  ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '198.51.100.7, 10.1.2.3', '198.51.100.7'],
  ['10.0.0.1', '198.51.100.7, ::ffff:10.1.2.3', '198.51.100.7'],
  ['::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['fd00::1', '2001:DB8::0:7', '2001:db8::7'],
  ['10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
  ['10.0.0.1', '::FFFF:c633:6407', '198.51.100.7'],
  ['10.0.0.1', '', '10.0.0.1'],
])('of %s with X-Forwarded-For "%s", the client is %s', async (peer, forwardedFor, client) => {
  expect(await originFrom(peer, forwardedFor)).toMatchObject({ sourceIp: client })
})

test.each([
  'a',
  '010.0.0.1',
  '0x0a000001',
  '167772161',
  '10.1',
  '198.51.100.7:443',
  '[2001:db8::7]',
  'unknown',
  '198.51.100.7, a',
])('behind a trusted proxy, "%s" is nobody’s address', async (forwardedFor) => {
  expect(await originFrom('10.0.0.1', forwardedFor)).not.toHaveProperty('sourceIp')
})

test('the address of a real connection is known', async () => {
  const reply = await fetch(new URL('/api/where-from', url))
  expect(await reply.json()).toMatchObject({ sourceIp: '127.0.0.1' })
})

test.each([
  ['::1', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:0DB8:0:0::7', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::ffff:102:304', '1.2.3.4'],
  ['1.2.3.4', '1.2.3.4'],
  ['1.2.3.04', undefined],
  ['1.2.3', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s is written %s', (given, canonical) => {
  expect(canonicalAddress(given)).toBe(canonical)
})

test('networks hold their addresses, however they are written', () => {
  const isInside = inNetworks(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])
  expect(['10.255.0.1', '::ffff:10.0.0.1', '192.0.2.1', 'fd12::1'].every(isInside)).toBe(true)
  expect(['11.0.0.1', '192.0.2.2', 'fe80::1', 'a', '', undefined].some(isInside)).toBe(false)
})
