import { expect, test } from 'vitest'
import { harness, newPassword } from './harness.ts'

const auth = await harness()
const { eventsOf, forgot, logIn, mailsTo, post, refresh, register, reset, tokenFor } = auth

const change = (token: string, currentPassword: string, next = newPassword) =>
  post('/users/me/change-password', { currentPassword, newPassword: next }, { token })

test('a new password ends every other session and is told by mail; the session that it was set in goes on', async () => {
  const { id, email, password, token, refreshToken, tenantId } = await register()
  const elsewhere = (await logIn(email, password)).json()
  expect((await change(token, password)).statusCode).toBe(204)
  expect((await refresh(elsewhere.refreshToken)).statusCode).toBe(401)
  expect((await refresh(refreshToken)).statusCode).toBe(200)
  expect((await logIn(email, password)).statusCode).toBe(401)
  expect((await logIn(email, newPassword)).statusCode).toBe(200)
  expect((await mailsTo(email)).map(({ subject }) => subject)).toContain('Your password was changed')

  const told = await eventsOf(tenantId)
  expect(told).toContainEqual({
    subject: 'identity.auth.password.changed',
    payload: expect.objectContaining({ data: { by: 'current_password' } }),
  })
  const ended = told.filter(({ subject }) => subject === 'identity.auth.session.ended')
  expect(ended).toMatchObject([{ payload: { data: { userId: id, reason: 'password_changed' } } }])
  expect(JSON.stringify(told)).not.toContain(newPassword)
})

test('the access tokens of the other sessions are revoked with the change, in one step', async () => {
  const { email, password, token, tenantId } = await register()
  await logIn(email, password)
  await change(token, password)
  const revocations = (await eventsOf(tenantId)).filter(({ subject }) => subject.startsWith('revocation'))
  expect(revocations).toHaveLength(1)
})

test('a wrong password, and any password of somebody who has none, get the same answer and change nothing', async () => {
  const [person, other] = [await register(), await register()]
  await auth.takePassword(other.id)
  const wrong = await change(person.token, 'not the password at all')
  const none = await change(other.token, other.password)
  expect(wrong.statusCode).toBe(403)
  expect({ ...none.json(), requestId: '' }).toEqual({ ...wrong.json(), requestId: '' })
  expect((await logIn(person.email, person.password)).statusCode).toBe(200)
  expect((await logIn(other.email, newPassword)).statusCode).toBe(401)
  const told = await eventsOf(person.tenantId)
  expect(told).toContainEqual({
    subject: 'identity.auth.login.failed',
    payload: expect.objectContaining({ data: { reason: 'wrong_password' } }),
  })
})

test('of a hundred guesses at once ten are looked at', async () => {
  const { token, tenantId } = await register()
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => change(token, `guess number ${index}`)),
  )
  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 429)).toHaveLength(90)
  const failures = (await eventsOf(tenantId)).filter(({ subject }) => subject.endsWith('login.failed'))
  expect(failures).toHaveLength(10)
})

test('a change that succeeds uses up none of the guesses', async () => {
  const { token, password } = await register()
  let current = password
  for (let index = 0; index < 11; index += 1) {
    const next = `${newPassword} ${index}`
    expect((await change(token, current, next)).statusCode).toBe(204)
    current = next
  }
})

test('of two changes at once from one password, one is made', async () => {
  const { email, password, token } = await register()
  const passwords = [`${newPassword} one`, `${newPassword} two`]
  const answers = await Promise.all(passwords.map((next) => change(token, password, next)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 403])
  const winner = answers.findIndex(({ statusCode }) => statusCode === 204)
  expect((await logIn(email, passwords[winner] ?? '')).statusCode).toBe(200)
})

test('a new password that is easy to guess is refused with advice', async () => {
  const { email, password, token } = await register()
  const answer = await change(token, password, 'passwordpassword')
  expect(answer.json()).toMatchObject({ status: 400, code: 'password.too_weak' })
  expect(answer.json().errors.length).toBeGreaterThan(0)
  expect((await logIn(email, password)).statusCode).toBe(200)
})

test('a new password voids the links by which another could be set', async () => {
  const { email, password, token } = await register()
  await forgot(email)
  const link = await tokenFor(email, 'reset-password')
  expect((await change(token, password)).statusCode).toBe(204)
  expect((await reset(link, { newPassword: `${newPassword} again` })).statusCode).toBe(400)
})
