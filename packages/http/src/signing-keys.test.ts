import { createServer as createHttpServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { authentication, endpoint, goodClaims, jwk, serve, sign } from './harness.ts'

afterEach(() => void vi.useRealTimers())

const second = await generateKeyPair('ES256')
const secondJwk = { ...(await exportJWK(second.publicKey)), kid: 'second', alg: 'ES256', use: 'sig' }
const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })

/** An issuer whose key set is answered as the test says at the moment. */
async function issuer(answer: RequestListener) {
  const state = { answer, fetched: 0 }
  const server = createHttpServer((request, response) => {
    state.fetched++
    state.answer(request, response)
  }).listen(0, '127.0.0.1')
  await vi.waitFor(() => expect(server.listening).toBe(true), 10_000)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(state, {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
  })
}

const keySet =
  (...keys: unknown[]): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify({ keys }))

const broken: RequestListener = (_, response) => response.writeHead(503).end()

async function serveWithKeysOf(source: string | (() => Promise<never[]>)) {
  const { app, lines } = await serve((app) => app.route({ ...guarded, handler: async () => ({}) }), {
    authentication: { ...authentication, keys: source },
  })
  onTestFinished(() => app.close())
  const call = async (kid: string, key?: CryptoKey) => {
    const token = await sign(goodClaims('users:read'), { kid }, key)
    return app.inject({ url: '/api/guarded', headers: { authorization: `Bearer ${token}` } })
  }
  const ready = async () => (await app.inject('/api/ready')).statusCode
  return { app, lines, call, ready }
}

test('a key that appears at the issuer is found when a token names it', async () => {
  const auth = await issuer(keySet(jwk))
  const { call } = await serveWithKeysOf(auth.jwksUrl)
  expect((await call('first')).statusCode).toBe(200)
  auth.answer = keySet(jwk, secondJwk)
  expect((await call('second', second.privateKey)).statusCode).toBe(200)
})

test('however many unknown keys are named, the set is fetched again once in 30 s', async () => {
  const auth = await issuer(keySet(jwk))
  const { call } = await serveWithKeysOf(auth.jwksUrl)
  expect((await call('first')).statusCode).toBe(200)
  const before = auth.fetched
  const storm = async () => {
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => call(`unknown-${n}`)))
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([401]))
  }
  await storm()
  await storm()
  expect(auth.fetched).toBe(before + 1)
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(Date.now() + 31_000)
  await storm()
  expect(auth.fetched).toBe(before + 2)
})

test.each<[string, RequestListener]>([
  ['is down', (request) => request.socket.destroy()],
  ['answers 503', broken],
  ['answers what is not JSON', (_, response) => response.end('<html>')],
  ['answers another kind of JSON', (_, response) => response.end('[]')],
  ['answers no key', keySet()],
  ['answers a private key', keySet(secondJwk, { ...jwk, d: 'c2VjcmV0' })],
  ['answers a shared secret', keySet(secondJwk, { kty: 'oct', k: 'c2VjcmV0' })],
  ['answers a point that is not on the curve', keySet({ ...secondJwk, x: jwk.x })],
  [
    'answers 100 kB',
    (_, response) => response.end(JSON.stringify({ keys: [secondJwk], more: 'x'.repeat(100_000) })),
  ],
  ['answers with a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
])('when the issuer %s, the last good keys stay in use and no other is taken', async (_, answer) => {
  const auth = await issuer(keySet(jwk))
  const { call, ready } = await serveWithKeysOf(auth.jwksUrl)
  expect((await call('first')).statusCode).toBe(200)
  auth.answer = answer
  const before = auth.fetched
  expect((await call('second', second.privateKey)).statusCode).toBe(401)
  expect(auth.fetched).toBe(before + 1)
  expect((await call('first')).statusCode).toBe(200)
  expect(await ready()).toBe(200)
})

test('when a key is withdrawn, what it has signed is refused, checked before or not', async () => {
  const auth = await issuer(keySet(jwk, secondJwk))
  const { app, call } = await serveWithKeysOf(auth.jwksUrl)
  const token = await sign(goodClaims('users:read'), { kid: 'second' }, second.privateKey)
  const again = () => app.inject({ url: '/api/guarded', headers: { authorization: `Bearer ${token}` } })
  expect((await again()).statusCode).toBe(200)
  auth.answer = keySet(jwk)
  await call('unknown')
  expect((await again()).statusCode).toBe(401)
  expect((await call('first')).statusCode).toBe(200)
})

test('as long as there are no keys, the service is not ready, says 503 to tokens, and tries again by itself', async () => {
  const auth = await issuer(broken)
  const { call, ready } = await serveWithKeysOf(auth.jwksUrl)
  const reply = await call('first')
  expect(reply.statusCode).toBe(503)
  expect(reply.headers['retry-after']).toBe('1')
  expect(reply.json()).toMatchObject({ code: 'auth.keys_unavailable' })
  expect(await ready()).toBe(503)
  auth.answer = keySet(jwk)
  await vi.waitFor(async () => expect(await ready()).toBe(200), 5_000)
  expect((await call('first')).statusCode).toBe(200)
})

test('a service that has the keys itself need not fetch them, and may fail to read them once', async () => {
  let reads = 0
  const { call } = await serveWithKeysOf(async () => {
    if (reads++ === 0) throw new Error('the database is not there yet')
    return [jwk] as never[]
  })
  await vi.waitFor(async () => expect((await call('first')).statusCode).toBe(200), 5_000)
})
