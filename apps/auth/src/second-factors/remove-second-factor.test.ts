import { expect, test } from 'vitest'
import { codeOf, harness, type Person, wrongCode } from './harness.ts'

const { call, register, enrolled, logIn, eventsOf, mailsTo } = await harness()

const list = async ({ token }: Person) => (await call('/users/me/mfa', undefined, token)).json()
const factorOf = async (person: Person): Promise<string> => (await list(person)).factors[0].id
const remove = async (person: Person, mfaCode?: string, password = person.password, id?: string) =>
  call(
    `/users/me/mfa/${id ?? (await factorOf(person))}/remove`,
    { password, ...(mfaCode !== undefined && { mfaCode }) },
    person.token,
  )

test('a factor is removed by the password and a code, and takes the recovery codes with it', async () => {
  const person = await enrolled()
  const mails = (await mailsTo(person)).length
  expect((await remove(person, codeOf(person.secret))).statusCode).toBe(204)
  expect(await list(person)).toEqual({ factors: [], recoveryCodesLeft: 0 })
  expect((await logIn(person)).statusCode).toBe(200)
  expect(await eventsOf(person)).toContainEqual({
    type: 'mfa_factor.removed',
    userId: person.id,
    kind: 'totp',
  })
  expect((await mailsTo(person)).length).toBe(mails + 1)
})

test('who has lost their authenticator app removes it by a recovery code', async () => {
  const person = await enrolled()
  expect((await remove(person, person.recoveryCodes[0])).statusCode).toBe(204)
})

test('neither the password alone nor a code alone removes a factor, and nobody is told which was wrong', async () => {
  const person = await enrolled()
  const answers = [
    await remove(person),
    await remove(person, wrongCode(person.secret)),
    await remove(person, codeOf(person.secret), 'not the right one'),
  ]
  for (const answer of answers) {
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'auth.reauthentication_failed' })
  }
  expect((await list(person)).factors.length).toBe(1)
  expect((await remove(person, codeOf(person.secret))).statusCode).toBe(204)
})

test('of codes guessed in a session, all at once, five are checked; the person still signs in elsewhere', async () => {
  const person = await enrolled()
  const id = await factorOf(person)
  const guesses = await Promise.all(
    Array.from({ length: 12 }, () => remove(person, wrongCode(person.secret), person.password, id)),
  )
  expect(guesses.filter(({ statusCode }) => statusCode === 403).length).toBeLessThanOrEqual(5)
  expect(
    (await eventsOf(person)).filter(({ reason }) => reason === 'wrong_mfa_code').length,
  ).toBeLessThanOrEqual(5)
  expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(200)
})

test('the factor of somebody else is not there, and stays', async () => {
  const [person, other] = [await enrolled(), await enrolled()]
  const id = await factorOf(other)
  const answer = await remove(person, codeOf(person.secret), person.password, id)
  expect(answer.statusCode).toBe(404)
  const missing = await remove(person, person.recoveryCodes[0], person.password, crypto.randomUUID())
  expect(missing.json().code).toBe(answer.json().code)
  expect((await list(other)).factors.length).toBe(1)
})

test('who removed a factor may set up another one', async () => {
  const person = await enrolled()
  await remove(person, codeOf(person.secret))
  const { password, token } = person
  expect((await call('/users/me/mfa/totp', { password }, token)).statusCode).toBe(201)
})

test('a key or a service has no second factors to see or to change', async () => {
  const { as } = await harness()
  const person = await register()
  for (const kind of ['api_key', 'service', 'partner_client'] as const) {
    const headers = await as({ kind, subject: person.id, tenantId: person.tenantId })
    const [, token] = headers.authorization.split(' ')
    const { password } = person
    const answers = [
      await call('/users/me/mfa', undefined, token),
      await call('/users/me/mfa/totp', { password }, token),
      await call('/users/me/mfa/totp/confirm', { code: '123456' }, token),
      await call(`/users/me/mfa/${crypto.randomUUID()}/remove`, { password }, token),
      await call('/users/me/mfa/recovery-codes', { password }, token),
    ]
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403, 403, 403])
  }
})
