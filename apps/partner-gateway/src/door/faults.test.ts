import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { harness } from './harness.ts'

const users = '/api/partner/v1/users'

test('an answer streams through as it comes, with its headers and without those of one hop', async () => {
  const { get, partner, behind } = await harness()
  const { headers } = await partner()
  const more = Promise.withResolvers<string>()
  behind.answer = (reply) => {
    const parts = async function* () {
      yield 'first'
      yield await more.promise
    }
    return reply
      .headers({
        etag: '"7"',
        'x-hop': 'secret',
        connection: 'x-hop',
        'set-cookie': 'a=b',
        'ratelimit-limit': '9',
      })
      .send(ReadableStream.from(parts()))
  }
  const answer = await get(users, headers)
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect(await reader?.read()).toEqual({ done: false, value: 'first' })
  more.resolve('second')
  expect(await reader?.read()).toEqual({ done: false, value: 'second' })
  expect(Object.fromEntries(answer.headers)).toMatchObject({ etag: '"7"', 'ratelimit-limit': '600' })
  for (const name of ['x-hop', 'set-cookie']) expect(answer.headers.has(name)).toBe(false)
})

test('a problem of a service behind names the address that the client knows', async () => {
  const { get, partner, behind } = await harness()
  const { headers } = await partner()
  behind.answer = (reply) =>
    reply
      .code(404)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify({ code: 'user.not_found', status: 404, instance: '/api/users/1' }))
  const path = `${users}/0198c0de-0000-7000-8000-000000000001`
  const answer = await get(path, headers)
  expect({ status: answer.status, body: await answer.json() }).toEqual({
    status: 404,
    body: { code: 'user.not_found', status: 404, instance: path },
  })
})

describe('while a service behind', () => {
  test('is late, calls are answered with 504, and after five in a row at once with 503', async () => {
    const { get, partner, behind } = await harness({ upstreamTimeoutMs: 100 })
    const { headers } = await partner({ scopes: ['users:read', 'audit:read'] })
    behind.answer = () => delay(60_000, undefined, { ref: false })
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(users, headers)))
    answers.push(await get(users, headers))
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504, 504, 504, 503])
    for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await answers[0]?.json()).toMatchObject({ code: 'partner_api.late_answer', instance: users })
    expect(await answers[5]?.json()).toMatchObject({ code: 'partner_api.unavailable', instance: users })
    expect(behind.heard).toHaveLength(5)
    // Another service is none the worse for it.
    behind.answer = undefined
    expect((await get('/api/partner/v1/audit-logs', headers)).status).toBe(200)
  })

  test('is down, calls are answered with 502', async () => {
    const { get, partner, behind } = await harness()
    const { headers } = await partner()
    await behind.stop()
    const answer = await get(users, headers)
    expect({ status: answer.status, retryAfter: answer.headers.get('retry-after') }).toEqual({
      status: 502,
      retryAfter: '1',
    })
    expect(await answer.json()).toMatchObject({ code: 'partner_api.broken_answer', instance: users })
  })

  test('answers that it is not available, that is what the client hears', async () => {
    const { get, partner, behind } = await harness()
    const { headers } = await partner()
    behind.answer = (reply) => reply.code(503).header('retry-after', '7').send({})
    const answers = []
    for (let n = 0; n < 7; n++) answers.push(await get(users, headers))
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
      Array.from({ length: 7 }, () => [503, '7']),
    )
  })

  test('does not take the token any more, another is fetched for the next call', async () => {
    const { get, partner, behind, auth } = await harness()
    const { headers } = await partner()
    behind.answer = (reply) => reply.code(401).send({})
    expect((await get(users, headers)).status).toBe(401)
    behind.answer = undefined
    expect((await get(users, headers)).status).toBe(200)
    expect(auth.exchanged).toHaveLength(2)
  })
})

describe('while auth', () => {
  test('is down, tokens that were exchanged go on being used until they end, and others get 503', async () => {
    const { get, partner, auth } = await harness()
    const { headers } = await partner()
    // The margin of a second leaves this one a second.
    auth.lifeSeconds = 2
    expect((await get(users, headers)).status).toBe(200)
    auth.isDown = true
    expect((await get(users, headers)).status).toBe(200)
    const other = await get('/api/partner/v1/roles', headers)
    expect({ status: other.status, retryAfter: other.headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: expect.any(String),
    })
    await expect.poll(async () => (await get(users, headers)).status, { timeout: 5_000 }).toBe(503)
    auth.isDown = false
    expect((await get(users, headers)).status).toBe(200)
  })

  test('takes the token for no good, neither does the door', async () => {
    const { get, partner, auth, behind } = await harness()
    const { headers } = await partner()
    auth.refuses = true
    const answer = await get(users, headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(behind.heard).toEqual([])
  })
})

test('while PostgreSQL is away, calls within the share of the minute go on, and then come 503s', async () => {
  const { get, partner, db } = await harness()
  const { headers } = await partner({ rateLimitPerMinute: 80 })
  expect((await get(users, headers)).status).toBe(200)
  await db.close()
  const statuses = []
  for (let n = 0; n < 11; n++) statuses.push((await get(users, headers)).status)
  expect(statuses).toEqual([...Array.from({ length: 9 }, () => 200), 503, 503])
})
