import { inPlatform } from '@gatehouse/db/tenant'
import { createLogger } from '@gatehouse/http/logging'
import { serverOptions } from '@gatehouse/testing/server-options'
import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { createDirectory } from '../directory.ts'
import { everythingIn, harness, inDirectory, newcomer, nowhere, openMailbox, origin } from '../harness.ts'
import { oneTimeTokens } from '../tables.ts'

const auth = await harness()
const { app, db, testIssuer } = auth
const { mailsTo, tokenFor } = await openMailbox(auth)

const post = (url: string, payload?: object, token?: string, headers: object = {}) =>
  app.inject({
    method: 'POST',
    url: `/api${url}`,
    ...(payload && { payload }),
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
  })
const verify = (token: string) => post('/auth/verify-email', { token })

async function register(given: object = {}) {
  const person = newcomer(given)
  const answer = await post('/auth/register', person)
  const { accessToken, user } = answer.json()
  return { ...person, accessToken, id: user.id as string, tenantId: user.tenantId as string }
}

const isVerified = async (id: string) =>
  (await auth.directory.resolve({ userId: id }, origin))?.user.emailVerified

test('who registers is sent a link, and by it proves their address: once', async () => {
  const { id, email } = await register()
  expect(await mailsTo(email)).toMatchObject([{ subject: 'Confirm your e-mail address' }])
  expect(await isVerified(id)).toBe(false)
  const token = await tokenFor(email, 'verify-email')
  expect((await verify(token)).statusCode).toBe(204)
  expect(await isVerified(id)).toBe(true)

  const again = await verify(token)
  expect(again.statusCode).toBe(400)
  expect(again.json()).toMatchObject({ code: 'auth.invalid_link' })
})

test('of twenty who use one link at once, one does', async () => {
  const { email } = await register()
  const token = await tokenFor(email, 'verify-email')
  const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, ...Array(19).fill(400)])
})

test('a link that is unknown, altered, for something else or a day old proves nothing', async () => {
  const { id, email } = await register()
  const token = await tokenFor(email, 'verify-email')
  await post('/auth/forgot-password', { email })
  const other = await tokenFor(email, 'reset-password')
  for (const wrong of ['unknown', `${token}x`, token.slice(0, -1), token.toUpperCase(), other]) {
    expect((await verify(wrong)).json()).toMatchObject({ status: 400, code: 'auth.invalid_link' })
  }
  await inPlatform(db, (tx) =>
    tx.update(oneTimeTokens).set({ expiresAt: sql`now()` }).where(eq(oneTimeTokens.userId, id)),
  )
  expect((await verify(token)).statusCode).toBe(400)
  expect(await isVerified(id)).toBe(false)
})

test('a link is good for the address alone that it was sent to', async () => {
  const { id, email } = await register()
  const token = await tokenFor(email, 'verify-email')
  await inDirectory(sql`update users set email = ${`new-${email}`} where id = ${id}`)
  expect((await verify(token)).statusCode).toBe(400)
  expect(await isVerified(id)).toBe(false)
})

test('while the directory is away a link is a 503, and stays good', async () => {
  const { email } = await register()
  const token = await tokenFor(email, 'verify-email')
  const directory = createDirectory(nowhere, auth.issuer)
  const cutOff = buildApp(serverOptions('auth', testIssuer), { ...auth, directory })
  const answer = await cutOff.inject({ method: 'POST', url: '/api/auth/verify-email', payload: { token } })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
  expect((await verify(token)).statusCode).toBe(204)
})

test('who asks for another link gets one, and the first is void', async () => {
  const { email, accessToken } = await register()
  const first = await tokenFor(email, 'verify-email')
  expect((await post('/users/me/verify-email', undefined, accessToken)).statusCode).toBe(202)
  const second = await tokenFor(email, 'verify-email')
  expect(second).not.toBe(first)
  expect((await verify(first)).statusCode).toBe(400)
  expect((await verify(second)).statusCode).toBe(204)
})

test('who has proven their address is sent no further link', async () => {
  const { email, accessToken } = await register()
  await verify(await tokenFor(email, 'verify-email'))
  expect((await post('/users/me/verify-email', undefined, accessToken)).statusCode).toBe(202)
  expect(await mailsTo(email)).toHaveLength(1)
})

test('nobody is sent more than five further links an hour', async () => {
  const { email, accessToken } = await register()
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => post('/users/me/verify-email', undefined, accessToken)),
  )
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([
    ...Array(5).fill(202),
    ...Array(3).fill(429),
  ])
  const refused = answers.find(({ statusCode }) => statusCode === 429)
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0)
  expect(await mailsTo(email)).toHaveLength(6)
})

test('a link leads to the front end of the settings, whatever the request says of its host', async () => {
  const person = newcomer()
  await post('/auth/register', person, undefined, {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    forwarded: 'host=evil.example;proto=http',
  })
  const [mail] = await mailsTo(person.email)
  expect(`${mail?.text}${mail?.html}`).not.toContain('evil.example')
  expect(mail?.text).toContain('https://app.gatehouse.test/verify-email?token=')
})

test('no token or link is in the database, in an event or in the log where it could be read', async () => {
  const lines: string[] = []
  const log = createLogger({
    service: 'auth',
    level: 'trace',
    stream: { write: (line) => void lines.push(line) },
  })
  const logging = buildApp({ ...serverOptions('auth', testIssuer), log }, auth)
  const person = newcomer()
  const ask = (url: string, payload: object) =>
    logging.inject({ method: 'POST', url: `/api/auth/${url}`, payload })
  await ask('register', person)
  await ask('forgot-password', { email: person.email })
  const verification = await tokenFor(person.email, 'verify-email')
  const reset = await tokenFor(person.email, 'reset-password')
  await ask('verify-email', { token: verification })
  await ask('reset-password', { token: reset, newPassword: 'too weak' })

  const stored = await everythingIn(auth.db)
  expect(stored).toContain(person.email)
  for (const place of [stored, lines.join('\n')]) {
    expect(place.length).toBeGreaterThan(100)
    for (const token of [verification, reset]) {
      expect(token).toMatch(/^gate_ott_[\w-]{43}$/)
      expect(place).not.toContain(token.slice('gate_ott_'.length))
    }
    expect(place).not.toContain('app.gatehouse.test')
    expect(place).not.toContain(person.password)
  }
})
