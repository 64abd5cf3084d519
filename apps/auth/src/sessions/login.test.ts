import { createHash, randomBytes } from 'node:crypto'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { mails } from '@gatehouse/mail/mails'
import { serverOptions } from '@gatehouse/testing/server-options'
import { attempts } from '@gatehouse/throttle/attempts'
import type { Limit } from '@gatehouse/throttle/throttle'
import bcrypt from 'bcrypt'
import { eq, inArray, sql } from 'drizzle-orm'
import { afterEach, expect, test, vi } from 'vitest'
import { buildApp } from '../app.ts'
import { harness, inDirectory, newcomer, origin } from '../harness.ts'
import { createPasswords } from '../passwords.ts'
import { credentials, oneTimeTokens } from '../tables.ts'
import { loginLimits } from './login-limits.ts'

const pepper = randomBytes(32)
const { app, testIssuer, ...deps } = await harness({ passwords: { pepper } })
const { db, throttle } = deps
const replica = buildApp(serverOptions('auth', testIssuer), deps)
const strictly = () =>
  buildApp(serverOptions('auth', testIssuer), {
    ...deps,
    policy: { ...deps.policy, emailVerification: 'required' },
  })
const strict = strictly()

afterEach(() => vi.restoreAllMocks())

let lastHost = 0
/** An address that nobody has come from yet. */
const newAddress = () => {
  lastHost += 1
  return `198.51.${lastHost >> 8}.${lastHost & 255}`
}

interface Attempt {
  readonly email: string
  readonly password?: string
  readonly from?: string
  readonly of?: typeof app
  readonly headers?: Record<string, string>
}

const logIn = ({ email, password = 'correct horse battery staple', from, of = app, headers = {} }: Attempt) =>
  of.inject({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password },
    remoteAddress: from ?? newAddress(),
    headers,
  })

const registered = async () => {
  const { email } = newcomer()
  const answer = await app.inject({ method: 'POST', url: '/api/auth/register', payload: newcomer({ email }) })
  const { user, refreshToken } = answer.json()
  return { email, refreshToken, id: user.id as string, tenantId: user.tenantId as string }
}

const comingFrom = (sourceIp: string | undefined) => ({ ...origin, sourceIp })

const wrong = 'not the right one at all'
const codesOf = (answers: readonly { statusCode: number }[]) => {
  const codes = new Map<number, number>()
  for (const { statusCode } of answers) codes.set(statusCode, (codes.get(statusCode) ?? 0) + 1)
  return Object.fromEntries(codes)
}
/** What is counted against limits. */
const countsOf = async (limits: readonly Limit[]) => {
  const digests = limits.map(({ key }) => createHash('sha256').update(key).digest())
  const rows = await readInPlatform(db, (tx) =>
    tx.select().from(attempts).where(inArray(attempts.key, digests)),
  )
  return rows.map(({ count }) => count)
}
const failures = async () => {
  const rows = await readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
  const failed = rows.filter(({ subject }) => subject.endsWith('.login.failed'))
  return failed.map(({ payload }) => (payload as { data: { reason: string } }).data.reason)
}

test('whoever may not sign in gets the very same answer, for the price of one hash at the present cost', async () => {
  const set =
    (column: string, value: string) =>
    async ({ id }: { id: string }) =>
      inDirectory(sql`update users set ${sql.raw(column)} = ${value} where id = ${id}`)
  const states: Record<string, (who: Awaited<ReturnType<typeof registered>>) => Promise<unknown>> = {
    wrong_password: async () => {},
    not_active: set('status', 'suspended'),
    deleted: set('status', 'deleted'),
    tenant_not_active: ({ tenantId }) =>
      inDirectory(sql`update tenants set status = 'suspended' where id = ${tenantId}`),
    email_not_verified: set('email_verified', 'false'),
    without_password: ({ id }) =>
      inPlatform(db, (tx) => tx.delete(credentials).where(eq(credentials.userId, id))),
  }
  const tries: Attempt[] = [{ email: newcomer().email }]
  for (const [state, bringAbout] of Object.entries(states)) {
    const person = await registered()
    await inDirectory(sql`update users set email_verified = true where id = ${person.id}`)
    await bringAbout(person)
    tries.push({ email: person.email, ...(state === 'wrong_password' && { password: wrong }) })
  }

  const compare = vi.spyOn(bcrypt, 'compare')
  const seen: string[] = []
  for (const attempt of tries) {
    compare.mockClear()
    const answer = await logIn({ ...attempt, of: strict })
    const { date: _, 'x-request-id': id, ...headers } = answer.headers
    seen.push(JSON.stringify([answer.statusCode, headers, answer.payload.replace(`${id}`, '')]))
    expect(compare).toHaveBeenCalledTimes(1)
    expect(bcrypt.getRounds(compare.mock.calls[0]?.[1] ?? '')).toBe(10)
  }
  expect(new Set(seen).size).toBe(1)
  expect(seen[0]).toContain('auth.wrong_credentials')
  expect((await failures()).slice(-tries.length)).toEqual([
    'unknown_user',
    'wrong_password',
    'not_active',
    'not_active',
    'tenant_not_active',
    'email_not_verified',
    'wrong_password',
  ])
})

test('of a hundred wrong passwords at once on two replicas ten are checked, and one event tells of the rest', async () => {
  const { email } = await registered()
  const before = (await failures()).length
  const compare = vi.spyOn(bcrypt, 'compare')
  const from = newAddress()
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => logIn({ email, password: wrong, from, of: n % 2 ? app : replica })),
  )
  expect(codesOf(answers)).toEqual({ 401: 10, 429: 90 })
  expect(compare).toHaveBeenCalledTimes(10)
  expect(answers.find(({ statusCode }) => statusCode === 429)?.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  const reasons = (await failures()).slice(before)
  expect(reasons.sort()).toEqual(['rate_limited', ...Array(10).fill('wrong_password')])
})

test('from one address a hundred wrong passwords are checked, whoever they are for', async () => {
  const from = newAddress()
  const [, address] = loginLimits('', comingFrom(from)).all
  await Promise.all(Array.from({ length: 97 }, () => throttle.take(address ? [address] : [])))
  const answers = await Promise.all(Array.from({ length: 9 }, () => logIn({ ...newcomer(), from })))
  expect(codesOf(answers)).toEqual({ 401: 3, 429: 6 })
})

test('nobody can be locked out: not from one address, and not from everywhere where they have signed in before', async () => {
  const { email, refreshToken } = await registered()
  const [home, attacker] = [newAddress(), newAddress()]
  for (let n = 0; n < 110; n += 1) await logIn({ email, password: wrong, from: attacker })
  expect((await logIn({ email, from: home })).statusCode).toBe(200)

  const { account } = loginLimits(email, comingFrom(home))
  for (let n = 0; n < 100; n += 1) await throttle.tryTake([account])
  expect((await logIn({ email, from: newAddress() })).statusCode).toBe(429)
  expect((await logIn({ email, from: home })).statusCode).toBe(200)
  expect((await logIn({ email, from: home, password: wrong })).statusCode).toBe(401)
  const refreshed = await app.inject({ method: 'POST', url: '/api/auth/refresh', payload: { refreshToken } })
  expect(refreshed.statusCode).toBe(200)
})

test('what is revoked while a password is hashed counts against the token that the login ends with', async () => {
  const { email } = await registered()
  let hashedAt = 0
  const { compare } = bcrypt
  vi.spyOn(bcrypt, 'compare').mockImplementation((...given: Parameters<typeof compare>) => {
    hashedAt = Date.now()
    return compare(...given)
  })
  const [, payload = ''] = (await logIn({ email })).json().accessToken.split('.')
  const { iat } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  expect(iat * 1000).toBeLessThanOrEqual(hashedAt)
})

test('the limit on an account that nobody has is the same as on one that somebody has', async () => {
  const { email } = newcomer()
  const { account } = loginLimits(email, comingFrom(undefined))
  for (let n = 0; n < 100; n += 1) await throttle.tryTake([account])
  expect((await logIn({ email })).statusCode).toBe(429)
})

test('an address of which a whole network is somebody’s is familiar as that network', async () => {
  const { email } = await registered()
  expect((await logIn({ email, from: '2001:db8:7:7::1' })).statusCode).toBe(200)
  const { account } = loginLimits(email, comingFrom(undefined))
  for (let n = 0; n < 100; n += 1) await throttle.tryTake([account])
  expect((await logIn({ email, from: '2001:db8:7:7:ffff::2' })).statusCode).toBe(200)
  expect((await logIn({ email, from: '2001:db8:7:8::1' })).statusCode).toBe(429)
})

test('however an e-mail address is spelled it is one account and one counter, or none', async () => {
  const { email } = await registered()
  const from = newAddress()
  const spellings = [email.toUpperCase(), email.replace('people', 'PeOpLe'), email]
  for (let n = 0; n < 10; n += 1)
    expect((await logIn({ email: spellings[n % 3] ?? '', password: wrong, from })).statusCode).toBe(401)
  for (const spelling of spellings) expect((await logIn({ email: spelling, from })).statusCode).toBe(429)
  const compare = vi.spyOn(bcrypt, 'compare')
  for (const spelling of [
    ` ${email}`,
    `${email} `,
    email.replace('p', 'ｐ'),
    `e\u0301${email}`,
    `\u00e9${email}`,
  ])
    expect((await logIn({ email: spelling, from })).statusCode).toBe(400)
  expect(compare).not.toHaveBeenCalled()
})

test.each([
  ['an IPv6 network of 64 bits', ['2001:db8:1:1::1', '2001:DB8:1:1:0:0:0:2', '2001:db8:1:1:ffff::3']],
  ['an IPv4 address in any spelling', ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:CB00:7109']],
])('%s shares one counter', async (_, addresses) => {
  const { email } = newcomer()
  for (let n = 0; n < 10; n += 1)
    expect((await logIn({ email, from: addresses[n % 3] ?? '' })).statusCode).toBe(401)
  for (const from of addresses) expect((await logIn({ email, from })).statusCode).toBe(429)
  expect((await logIn({ email, from: '2001:db8:1:2::1' })).statusCode).toBe(401)
})

test('what a client says of where it comes from makes no difference', async () => {
  const { email } = newcomer()
  const from = newAddress()
  const answers = []
  for (let n = 0; n < 12; n += 1)
    answers.push(await logIn({ email, from, headers: { 'x-forwarded-for': newAddress() } }))
  expect(codesOf(answers)).toEqual({ 401: 10, 429: 2 })
})

test('only failures count: who signs in gets their attempts back', async () => {
  const { email } = await registered()
  const from = newAddress()
  const limits = loginLimits(email, comingFrom(from))
  for (let n = 0; n < 25; n += 1) expect((await logIn({ email, from })).statusCode).toBe(200)
  await vi.waitFor(async () => expect(await countsOf(limits.all)).toEqual([0, 0, 0]), 10_000)
})

test('a password that is right is hashed anew when the cost or the pepper has changed, and nothing else changes', async () => {
  const { email, id } = await registered()
  const stored = async () => {
    const [row] = await readInPlatform(db, (tx) =>
      tx.select().from(credentials).where(eq(credentials.userId, id)),
    )
    return row
  }
  const before = await stored()
  const passwords = await createPasswords({ pepper: randomBytes(32), previousPepper: pepper, cost: 11 })
  const after = buildApp(serverOptions('auth', testIssuer), { ...deps, passwords })
  expect((await logIn({ email, password: wrong, of: after })).statusCode).toBe(401)
  expect(await stored()).toEqual(before)

  expect((await logIn({ email, of: after })).statusCode).toBe(200)
  await vi.waitFor(async () => expect((await stored())?.pepperId).not.toBe(before?.pepperId), 10_000)
  const anew = await stored()
  expect(anew?.passwordHash).toMatch(/^\$2b\$11\$/)
  expect(anew).toMatchObject({ version: before?.version, updatedAt: before?.updatedAt })
  expect((await logIn({ email, of: after })).statusCode).toBe(200)
  await after.close()
  expect(await stored()).toEqual(anew)
})

test('more logins than are soon served are told to come back, cost nobody an attempt, and slow nothing else down', async () => {
  const { refreshToken } = await registered()
  const passwords = await createPasswords({ pepper, cost: 13, threads: 1 })
  const of = buildApp(serverOptions('auth', testIssuer), { ...deps, passwords })
  const people = Array.from({ length: 60 }, () => ({ ...newcomer(), from: newAddress(), of }))
  let checked = 0
  const flood = people.map(async (person) => {
    const answer = await logIn(person)
    if (answer.statusCode === 401) checked += 1
    return answer
  })
  await vi.waitUntil(() => checked > 0, { interval: 5, timeout: 10_000 })
  const refreshed = await app.inject({ method: 'POST', url: '/api/auth/refresh', payload: { refreshToken } })
  const checkedMeanwhile = checked
  const answers = await Promise.all(flood)

  expect(refreshed.statusCode).toBe(200)
  expect(checkedMeanwhile).toBeLessThan(checked)
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  expect(refused.length).toBeGreaterThan(checked)
  expect(refused.length + checked).toBe(people.length)
  const index = answers.findIndex((answer) => answer.json().code === 'auth.busy')
  expect(answers[index]?.headers['retry-after']).toBe('2')
  const limits = loginLimits(people[index]?.email ?? '', comingFrom(people[index]?.from))
  await vi.waitFor(async () => expect(await countsOf(limits.all)).toEqual([0, 0, 0]), 10_000)
})

test('who has to prove their address first is sent another link when they try to sign in, and not at every try', async () => {
  const { email, id } = await registered()
  /** What a try comes to, with all that follows it in the background. */
  const tryToSignIn = async (password?: string) => {
    const of = strictly()
    const { statusCode } = await logIn({ email, of, ...(password !== undefined && { password }) })
    await of.close()
    const sent = (await readInPlatform(db, (tx) => tx.select().from(mails))).length
    return { statusCode, sent }
  }
  const { sent } = await tryToSignIn()
  const earlier = { createdAt: sql`now() - interval '1 hour'` }
  await inPlatform(db, (tx) => tx.update(oneTimeTokens).set(earlier).where(eq(oneTimeTokens.userId, id)))
  expect(await tryToSignIn(wrong)).toEqual({ statusCode: 401, sent })
  expect(await tryToSignIn()).toEqual({ statusCode: 401, sent: sent + 1 })
  expect(await tryToSignIn()).toEqual({ statusCode: 401, sent: sent + 1 })
})

test.each([
  ['ill-formed Unicode', 'a\\ud800b'],
  ['more than 1024 bytes', 'ä'.repeat(513)],
  ['nothing', ''],
])('a password of %s is refused before anything is hashed', async (_, password) => {
  const compare = vi.spyOn(bcrypt, 'compare')
  const payload = `{"email":"${newcomer().email}","password":"${password}"}`
  const headers = { 'content-type': 'application/json' }
  const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload, headers })
  expect(answer.statusCode).toBe(400)
  expect(compare).not.toHaveBeenCalled()
})

test('neither passwords nor their hashes get into events', async () => {
  const rows = await readInPlatform(db, (tx) => tx.select().from(outbox))
  expect(rows.length).toBeGreaterThan(0)
  for (const secret of ['battery staple', wrong, '$2b$']) expect(JSON.stringify(rows)).not.toContain(secret)
  expect(await readInPlatform(db, (tx) => tx.select().from(attempts).limit(1))).toHaveLength(1)
})
