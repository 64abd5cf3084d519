import type { RequestListener } from 'node:http'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { answering, hangUp, json } from './harness.ts'
import { serviceToken } from './service-token.ts'

afterEach(() => void vi.useRealTimers())

let issued = 0
const issue =
  (expiresIn = 600): RequestListener =>
  (request, response) =>
    json(200, { accessToken: `token-${++issued}`, tokenType: 'Bearer', expiresIn })(request, response)

async function sourceAt(...answers: Parameters<typeof answering>) {
  issued = 0
  const auth = await answering(...answers)
  const source = serviceToken({
    authUrl: auth.url,
    serviceName: 'directory',
    serviceSecret: 'hunter2',
    audience: 'audit',
  })
  onTestFinished(source.stop)
  return { source, received: auth.received }
}

test('a token is asked for with the account’s name and secret, once for all who wait', async () => {
  const { source, received } = await sourceAt(issue())
  expect(await Promise.all([source(), source(), source()])).toEqual(['token-1', 'token-1', 'token-1'])
  expect(await source()).toBe('token-1')
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ method: 'POST', url: '/api/v1/auth/service-token' })
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    serviceName: 'directory',
    serviceSecret: 'hunter2',
    audience: 'audit',
  })
})

test('nothing is asked for before it is needed', async () => {
  const { received } = await sourceAt(issue())
  expect(received).toEqual([])
})

test('at half its life it is renewed, without anybody waiting for it', async () => {
  const { source, received } = await sourceAt(issue(1), issue())
  expect(await source()).toBe('token-1')
  await vi.waitFor(() => expect(received).toHaveLength(2), 10_000)
  await vi.waitFor(async () => expect(await source()).toBe('token-2'), 10_000)
})

test('while auth is away for the second half of its life, a good token is used on', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  const { source, received } = await sourceAt(issue(600), hangUp)
  expect(await source()).toBe('token-1')
  await vi.advanceTimersByTimeAsync(301_000)
  await vi.waitFor(() => expect(received).toHaveLength(4), 10_000)
  expect(await source()).toBe('token-1')
  await vi.advanceTimersByTimeAsync(2_000)
  await vi.waitFor(() => expect(received.length).toBeGreaterThan(4), 10_000)
  expect(await source()).toBe('token-1')
})

test('when auth is away and no token is good any more, that is what it says; later it has one again', async () => {
  const { source } = await sourceAt(hangUp, hangUp, hangUp, issue())
  await expect(source()).rejects.toMatchObject({ code: 'auth.unavailable', status: 503 })
  await vi.waitFor(async () => expect(await source()).toBe('token-1'), 5_000)
})

test('an account that auth does not accept is nothing that a caller could change', async () => {
  const refused = {
    type: '',
    title: '',
    status: 401,
    detail: '',
    instance: '',
    code: 'auth.invalid_credentials',
    requestId: '',
  }
  const { source } = await sourceAt(json(401, refused))
  await expect(source()).rejects.toMatchObject({ code: 'auth.unavailable', status: 503 })
})

test('a token that has expired is never given out', async () => {
  const { source } = await sourceAt(issue(600), issue(600))
  expect(await source()).toBe('token-1')
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(Date.now() + 600_000)
  expect(await source()).toBe('token-2')
})

test('a token that a service refuses is replaced, but not a new one over and over', async () => {
  const { source, received } = await sourceAt(issue())
  expect(await source()).toBe('token-1')
  expect(await source('token-1')).toBe('token-1')
  vi.useFakeTimers({ toFake: ['Date'] }).setSystemTime(Date.now() + 6_000)
  expect(await source('token-1')).toBe('token-2')
  expect(await source('token-1')).toBe('token-2')
  expect(received).toHaveLength(2)
})
