import { inPlatform } from '@gatehouse/db/tenant'
import { serverOptions } from '@gatehouse/testing/server-options'
import { eq, sql } from 'drizzle-orm'
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { createDirectory } from '../directory.ts'
import { inDirectory, newcomer, nowhere, origin } from '../harness.ts'
import { oneTimeTokens } from '../tables.ts'
import { harness, newPassword, outsiders } from './harness.ts'

const auth = await harness()
const { db, eventsOf, forgot, logIn, mailsTo, post, refresh, register, reset, tokenFor } = auth

/** Somebody who was sent a link. */
async function forgetful() {
  const person = await register()
  await forgot(person.email)
  return { ...person, link: await tokenFor(person.email, 'reset-password') }
}

const invalid = { status: 400, code: 'auth.invalid_link' }

test('by the link somebody sets a new password: the old one is refused, and every session has ended', async () => {
  const { id, email, password, refreshToken, tenantId, link } = await forgetful()
  expect((await reset(link)).statusCode).toBe(204)
  expect((await logIn(email, password)).statusCode).toBe(401)
  expect((await refresh(refreshToken)).statusCode).toBe(401)
  expect((await logIn(email, newPassword)).statusCode).toBe(200)
  expect((await mailsTo(email)).map(({ subject }) => subject)).toContain('Your password was changed')
  const told = (await eventsOf(tenantId)).map(({ subject, payload }) => ({ subject, payload }))
  expect(told).toContainEqual({
    subject: 'identity.auth.password.changed',
    payload: expect.objectContaining({ data: { by: 'reset_link' } }),
  })
  expect(told).toContainEqual({
    subject: 'identity.auth.session.ended',
    payload: expect.objectContaining({ data: { userId: id, reason: 'password_reset' } }),
  })
  expect(JSON.stringify(told)).not.toContain(newPassword)
})

test('the link also proves the address that it was sent to', async () => {
  const { id, link } = await forgetful()
  await reset(link)
  expect((await auth.directory.resolve({ userId: id }, origin))?.user.emailVerified).toBe(true)
})

test('of twenty who use one link at once, one sets a password', async () => {
  const { email, link } = await forgetful()
  const passwords = Array.from({ length: 20 }, (_, index) => `${newPassword} ${index}`)
  const answers = await Promise.all(passwords.map((password) => reset(link, { newPassword: password })))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, ...Array(19).fill(400)])
  const winner = answers.findIndex(({ statusCode }) => statusCode === 204)
  expect((await logIn(email, passwords[winner] ?? '')).statusCode).toBe(200)
})

test('a new password voids every other link that was sent', async () => {
  const { email, link } = await forgetful()
  const verification = await tokenFor(email, 'verify-email')
  await forgot(email)
  const second = await tokenFor(email, 'reset-password')
  expect((await reset(second)).statusCode).toBe(204)
  expect((await reset(link)).json()).toMatchObject(invalid)
  expect((await post('/auth/verify-email', { token: verification })).json()).toMatchObject(invalid)
})

test('a link that is unknown, altered, for something else or an hour old sets nothing', async () => {
  const { id, email, password, link } = await forgetful()
  const verification = await tokenFor(email, 'verify-email')
  for (const wrong of ['unknown', `${link}x`, link.slice(0, -1), verification])
    expect((await reset(wrong)).json()).toMatchObject(invalid)
  await inPlatform(db, (tx) =>
    tx.update(oneTimeTokens).set({ expiresAt: sql`now()` }).where(eq(oneTimeTokens.userId, id)),
  )
  expect((await reset(link)).json()).toMatchObject(invalid)
  expect((await logIn(email, password)).statusCode).toBe(200)
})

test('a link lives for an hour', async () => {
  const { id } = await forgetful()
  const [token] = await inPlatform(db, (tx) =>
    tx.select().from(oneTimeTokens).where(sql`user_id = ${id} and purpose = 'reset_password'`),
  )
  expect(Number(token?.expiresAt) - Number(token?.createdAt)).toBe(3_600_000)
})

test.each(outsiders)('%s gets the same answer as for an unknown link', async (_, keepOut) => {
  const person = await forgetful()
  await inDirectory(keepOut(person))
  const answer = await reset(person.link)
  const unknown = await reset('unknown')
  expect({ ...answer.json(), requestId: '' }).toEqual({ ...unknown.json(), requestId: '' })
})

test('a link is void once the person has another address', async () => {
  const { id, email, link } = await forgetful()
  await inDirectory(sql`update users set email = ${`new-${email}`} where id = ${id}`)
  expect((await reset(link)).json()).toMatchObject(invalid)
})

test('a password that is easy to guess is refused with advice, and the link stays good', async () => {
  const { email, link } = await forgetful()
  const weak = await reset(link, { newPassword: `${email.split('@')[0]}` })
  expect(weak.json()).toMatchObject({
    status: 400,
    code: 'password.too_weak',
    errors: [{ path: 'body.newPassword' }],
  })
  expect((await reset(link, { newPassword: 'kettle' })).statusCode).toBe(400)
  expect((await reset(link)).statusCode).toBe(204)
})

test('while the directory is away a reset is a 503, and the link stays good', async () => {
  const { link } = await forgetful()
  const cutOff = buildApp(serverOptions('auth', auth.testIssuer), {
    ...auth,
    directory: createDirectory(nowhere, auth.issuer),
  })
  const payload = { token: link, newPassword }
  const answer = await cutOff.inject({ method: 'POST', url: '/api/auth/reset-password', payload })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
  expect((await reset(link)).statusCode).toBe(204)
})

test('who has a second factor needs it for a new password too, and a wrong code leaves the link good', async () => {
  const { token, password, email, link } = await forgetful()
  const { secret } = (await post('/users/me/mfa/totp', { password }, { token })).json()
  const totp = new TOTP({ secret })
  const at = Date.now()
  await post('/users/me/mfa/totp/confirm', { code: totp.generate({ timestamp: at }) }, { token })

  expect((await reset(link)).json()).toMatchObject({ status: 401, code: 'mfa_required' })
  const wrong = await reset(link, { mfaCode: totp.generate({ timestamp: at - 600_000 }) })
  expect(wrong.json()).toMatchObject({ status: 401, code: 'auth.wrong_mfa_code' })
  expect((await logIn(email, newPassword)).json()).toMatchObject({ code: 'auth.wrong_credentials' })
  const mfaCode = totp.generate({ timestamp: at + 30_000 })
  expect((await reset(link, { mfaCode })).statusCode).toBe(204)
  expect((await logIn(email, newPassword)).json()).toMatchObject({ code: 'mfa_required' })
})

test('who has signed in through another provider alone can get a password by a link', async () => {
  const { id, email, link } = await forgetful()
  await auth.takePassword(id)
  expect((await reset(link)).statusCode).toBe(204)
  expect((await logIn(email, newPassword)).statusCode).toBe(200)
})

test('where an address has to be proven first, a link to set a password by proves it too', async () => {
  const strict = await harness({ policy: { emailVerification: 'required' } })
  const person = newcomer()
  expect((await strict.post('/auth/register', person)).statusCode).toBe(202)
  expect((await strict.logIn(person.email, person.password)).statusCode).toBe(401)
  await strict.forgot(person.email)
  const link = await strict.tokenFor(person.email, 'reset-password')
  expect((await strict.reset(link)).statusCode).toBe(204)
  expect((await strict.logIn(person.email, newPassword)).statusCode).toBe(200)
})
