import { readInPlatform } from '@gatehouse/db/tenant'
import { serverOptions } from '@gatehouse/testing/server-options'
import bcrypt from 'bcrypt'
import { eq, sql } from 'drizzle-orm'
import { afterEach, expect, test, vi } from 'vitest'
import { buildApp } from '../app.ts'
import { everythingIn, harness, inDirectory, newcomer, openMailbox, origin } from '../harness.ts'
import type { Policy } from '../policy.ts'
import { credentials, registrations } from '../tables.ts'
import { createEnterFromProvider } from './enter-from-provider.ts'

const { app, testIssuer, ...deps } = await harness()
const { db, directory } = deps
const { mailsTo, tokenFor } = await openMailbox(deps)

const appOf = (policy: Partial<Policy>) =>
  buildApp(serverOptions('auth', testIssuer), { ...deps, policy: { ...deps.policy, ...policy } })
const proving = appOf({ emailVerification: 'required' })
const silent = appOf({ emailVerification: 'required', disclosesTakenEmail: false })

afterEach(() => vi.restoreAllMocks())

interface Request {
  readonly of?: typeof app
  readonly key?: string
  readonly from?: string
}

const post = (path: string, payload: object, { of = app, key, from = '192.0.2.1' }: Request = {}) =>
  of.inject({
    method: 'POST',
    url: `/api/auth/${path}`,
    payload,
    remoteAddress: from,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })
const register = (payload: object, request?: Request) => post('register', payload, request)
const intents = () => readInPlatform(db, (tx) => tx.select().from(registrations))

test.each([
  ['an invite that is unknown', { inviteToken: 'unknown' }, 404, 'invite.not_found'],
  ['a password that is too short', { password: 'too short' }, 400, 'password.too_short'],
  ['a password that many have', { password: 'password12345678' }, 400, 'password.too_weak'],
  ['their own name as a password', { password: 'Grace Hopper 1906' }, 400, 'password.too_weak'],
  [
    'their company as a password',
    { companyName: 'Eckert Mauchly', password: 'eckert-mauchly-1' },
    400,
    'password.too_weak',
  ],
  [
    'a password in ill-formed Unicode',
    { password: 'horse \ud800 battery staple' },
    400,
    'request.refused_content',
  ],
  ['a password of more than 1024 bytes', { password: 'ä'.repeat(513) }, 400, 'request.invalid'],
])('with %s nobody is registered and nothing is begun', async (_, given, status, code) => {
  const answer = await register(newcomer(given))
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ code })
  expect(await intents()).toEqual([])
})

test.each([
  ['roles', ['platform-admin']],
  ['status', 'active'],
  ['tenantId', '01890a5d-ac96-774b-bcce-b302099a8057'],
  ['emailVerified', true],
  ['permissions', ['platform:write']],
  ['id', '01890a5d-ac96-774b-bcce-b302099a8057'],
  ['platformAdministrator', true],
  ['userId', '01890a5d-ac96-774b-bcce-b302099a8057'],
])('nobody registers with a say in their own %s', async (field, value) => {
  const answer = await register(newcomer({ [field]: value }))
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors).toEqual([{ path: `body.${field}`, message: 'There is no such field.' }])
})

test.each([
  ['several', ['ada@people.example', 'eve@people.example']],
  ['one with a line break', 'ada@people.example\r\nBcc: eve@people.example'],
  ['one that is two once it is normalised', 'ada﹫eve@people.example'],
  ['a quoted one', '"ada eve"@people.example'],
  ['two with a comma', 'ada@people.example,eve@people.example'],
  ['one in Unicode', 'ada@bücher.example'],
  ['a very long one', `ada@${'a.'.repeat(130)}example`],
])('as an e-mail address, %s is refused', async (_, email) => {
  expect((await register(newcomer({ email }))).statusCode).toBe(400)
})

test('an address in other letters is the same one, and one that only looks alike is another', async () => {
  const { email } = newcomer()
  expect((await register(newcomer({ email: `m${email}` }))).statusCode).toBe(201)
  expect((await register(newcomer({ email: `M${email.toUpperCase()}` }))).json()).toMatchObject({
    status: 409,
    code: 'user.email_taken',
  })
  expect((await register(newcomer({ email: `rn${email}` }))).statusCode).toBe(201)
})

test('who registers without an invite joins nobody’s tenant, whatever the domain of their address', async () => {
  const people = await Promise.all([register(newcomer()), register(newcomer()), register(newcomer())])
  expect(new Set(people.map((answer) => answer.json().user.tenantId)).size).toBe(3)
})

test('all of a long password counts, exactly as it was typed', async () => {
  const start = 'seven green tortoises walk past the café under nine umbrellas of tweed, '
  const { email } = newcomer()
  await register(newcomer({ email, password: `${start}right` }))
  const logIn = async (password: string) => (await post('login', { email, password })).statusCode
  expect(await logIn(`${start}wrong`)).toBe(401)
  expect(await logIn(`${start.normalize('NFD')}right`)).toBe(401)
  expect(await logIn(`${start}right `)).toBe(401)
  expect(await logIn(`${start}right`)).toBe(200)
})

test.each([
  ['closed', 'registration.closed'],
  ['invite', 'registration.invite_only'],
] as const)(
  'where registration is %s nobody registers uninvited, also by way of another provider',
  async (registration, code) => {
    const closed = appOf({ registration })
    const answer = await register(newcomer(), { of: closed })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code })
    const enter = createEnterFromProvider({ ...deps, policy: { ...deps.policy, registration } })
    const { password: _, ...person } = newcomer()
    await expect(enter({ ...person, emailVerified: true }, origin)).rejects.toMatchObject({ code })
  },
)

test('who registers by way of another provider has no password, and no address left to prove', async () => {
  const enter = createEnterFromProvider(deps)
  const { password, ...person } = newcomer()
  const { user } = await enter({ ...person, emailVerified: true }, origin)
  expect(user).toMatchObject({ email: person.email, emailVerified: true })
  expect(
    await readInPlatform(db, (tx) => tx.select().from(credentials).where(eq(credentials.userId, user.id))),
  ).toEqual([])
  expect((await post('login', { email: person.email, password })).statusCode).toBe(401)
  expect(await mailsTo(person.email)).toEqual([])
})

test('who registers is sent a link that proves their address, once', async () => {
  const person = newcomer()
  expect((await register(person)).statusCode).toBe(201)
  expect(await mailsTo(person.email)).toHaveLength(1)
  const token = await tokenFor(person.email, 'verify-email')
  expect((await post('verify-email', { token })).statusCode).toBe(204)
  expect(await directory.resolve({ email: person.email }, origin)).toMatchObject({
    user: { emailVerified: true },
  })
})

test('where an address has to be proven first, who registers gets no tokens, and signs in once it is', async () => {
  const person = newcomer()
  const request = { of: proving }
  const answer = await register(person, request)
  expect(answer.statusCode).toBe(202)
  expect(answer.json()).toEqual({ email: person.email, next: 'verify_email' })
  const credential = { email: person.email, password: person.password }
  expect((await post('login', credential, request)).statusCode).toBe(401)
  const token = await tokenFor(person.email, 'verify-email')
  expect((await post('verify-email', { token }, request)).statusCode).toBe(204)
  expect((await post('login', credential, request)).statusCode).toBe(200)
})

test('where a taken address is not to be told from a free one, only its owner hears of it, by mail', async () => {
  const [free, taken] = [newcomer(), newcomer()]
  await register(taken)
  expect(await mailsTo(taken.email)).toHaveLength(1)
  const hash = vi.spyOn(bcrypt, 'hash')
  const seen: string[] = []
  for (const person of [free, { ...taken, password: 'somebody else tries this' }]) {
    hash.mockClear()
    const answer = await register(person, { of: silent })
    const { date: _, 'x-request-id': __, ...headers } = answer.headers
    seen.push(JSON.stringify([answer.statusCode, headers, answer.payload.replace(person.email, '')]))
    expect(hash).toHaveBeenCalledTimes(1)
  }
  expect(new Set(seen).size).toBe(1)
  expect(seen[0]).toContain('202')

  await vi.waitFor(async () => expect(await intents()).toEqual([]), 10_000)
  const [, told, ...more] = await mailsTo(taken.email)
  expect(more).toEqual([])
  expect(told?.text).toContain('https://app.gatehouse.test/sign-in')
  expect(await tokenFor(free.email, 'verify-email')).not.toBe('')
  expect((await post('login', { email: taken.email, password: taken.password })).statusCode).toBe(200)
  expect((await post('login', { email: taken.email, password: 'somebody else tries this' })).statusCode).toBe(
    401,
  )
})

test('a registration that came twice at once is one, by its Idempotency-Key, and neither answer is lost', async () => {
  const person = newcomer()
  const key = crypto.randomUUID()
  const answers = await Promise.all([1, 2, 3].map(() => register(person, { key })))
  const again = await register(person, { key })
  const users = [...answers, again].map((answer) => answer.json().user?.id)
  expect([...answers, again].map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201])
  expect(new Set(users).size).toBe(1)
  expect(await mailsTo(person.email)).toHaveLength(1)
  expect(new Set([...answers, again].map((answer) => answer.json().refreshToken)).size).toBe(4)

  const other = await register({ ...person, password: 'another battery staple' }, { key })
  expect(other.json()).toMatchObject({ status: 422, code: 'request.idempotency_key_reused' })
  const kept = await everythingIn(db)
  for (const secret of [person.password, again.json().refreshToken, again.json().accessToken])
    expect(kept).not.toContain(secret)
})

test('a repeated registration lets nobody in by a password that has been changed since, or who was suspended', async () => {
  const [changed, suspended] = [newcomer(), newcomer()]
  const [one, two] = [crypto.randomUUID(), crypto.randomUUID()]
  const answer = await register(changed, { key: one })
  await app.inject({
    method: 'POST',
    url: '/api/users/me/change-password',
    payload: { currentPassword: changed.password, newPassword: 'another battery staple' },
    headers: { authorization: `Bearer ${answer.json().accessToken}` },
  })
  expect((await register(changed, { key: one })).statusCode).toBe(401)

  const { id } = (await register(suspended, { key: two })).json().user
  await inDirectory(sql`update users set status = 'suspended' where id = ${id}`)
  expect((await register(suspended, { key: two })).statusCode).toBe(401)
})

test('a registration that failed over a taken address fails again under its Idempotency-Key', async () => {
  const person = newcomer()
  await register(person)
  const key = crypto.randomUUID()
  for (const _ of [1, 2])
    expect((await register(person, { key })).json()).toMatchObject({ code: 'user.email_taken' })
})

test('nobody registers an address over and over, or many from one network', async () => {
  const { email } = newcomer()
  const codes: number[] = []
  for (let n = 0; n < 6; n += 1)
    codes.push((await register(newcomer({ email }), { from: `2001:db8::${n}` })).statusCode)
  expect(codes).toEqual([201, 409, 409, 409, 409, 429])

  const { throttle } = deps
  const network = { key: 'register:address:2001:db8:5:5::/64', max: 1000, windowSeconds: 3600 }
  await Promise.all(Array.from({ length: 100 }, () => throttle.take([network])))
  const refused = await register(newcomer(), { from: '2001:db8:5:5::77' })
  expect(refused.statusCode).toBe(429)
  expect(refused.headers['retry-after']).toMatch(/^[1-9]/)
})
