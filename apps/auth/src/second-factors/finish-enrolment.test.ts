import { expect, test } from 'vitest'
import { codeOf, harness, type Person, requireSecondFactor, wrongCode } from './harness.ts'

const { app, call, replica, register, enrol, confirm, enrolled, logIn, eventsOf, letTokensAge } =
  await harness()

/** Somebody whom their tenant lets in no more without a second factor, and what they get for their password. */
async function halfIn() {
  const person = await register()
  await requireSecondFactor(person)
  return { ...person, enrolmentToken: await tokenOf(person) }
}

async function tokenOf(person: Person): Promise<string> {
  const answer = await logIn(person)
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ code: 'mfa_enrolment_required', enrolmentToken: expect.any(String) })
  return answer.json().enrolmentToken
}

const begin = (enrolmentToken: string) => call('/auth/mfa/enrol', { enrolmentToken })
const finish = (enrolmentToken: string, code: string) =>
  call('/auth/mfa/enrol/confirm', { enrolmentToken, code })
const secretOf = async (enrolmentToken: string): Promise<string> =>
  (await begin(enrolmentToken)).json().secret

test('where a tenant lets nobody in without a second factor, a login gets no further than setting one up, which signs in', async () => {
  const person = await halfIn()
  const { enrolmentToken } = person
  const begun = await begin(enrolmentToken)
  expect(begun.statusCode).toBe(201)
  expect(begun.json()).toMatchObject({ uri: expect.stringMatching(/^otpauth:/), qrCode: expect.any(String) })

  const answer = await finish(enrolmentToken, codeOf(begun.json().secret))
  expect(answer.statusCode).toBe(200)
  const { accessToken, recoveryCodes } = answer.json()
  expect(recoveryCodes.length).toBe(10)
  expect((await call('/users/me/mfa', undefined, accessToken)).json()).toMatchObject({
    recoveryCodesLeft: 10,
  })
  expect((await eventsOf(person)).slice(-3)).toMatchObject([
    { type: 'mfa_factor.confirmed' },
    { type: 'recovery_codes.generated' },
    { type: 'session.started', method: 'mfa_enrolment', amr: ['pwd', 'otp'] },
  ])
  expect((await logIn(person)).json()).toMatchObject({ code: 'mfa_required' })
})

test('who has a second factor is asked for it, whether their tenant requires one or not', async () => {
  const person = await enrolled()
  await requireSecondFactor(person)
  expect((await logIn(person)).json()).toMatchObject({ code: 'mfa_required' })
  expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(200)
})

test('the password alone starts no session where a second factor is due', async () => {
  const person = await halfIn()
  const mine = await enrolled()
  await logIn(mine)
  for (const { type, method } of [...(await eventsOf(person)), ...(await eventsOf(mine))])
    if (type === 'session.started') expect(method).toBe('registration')
})

test.each(
  app.accessTable
    .filter(({ access }) => access !== 'public')
    .map(({ method, url }) => [method, url] as const),
)('an enrolment token does not open %s %s', async (method, url) => {
  const { enrolmentToken } = await once
  const request = { method: method as 'GET', url: url.replace(/:\w+/g, crypto.randomUUID()) }
  const carried = [
    { authorization: `Bearer ${enrolmentToken}` },
    { 'x-api-key': enrolmentToken },
    { cookie: `token=${enrolmentToken}` },
  ]
  for (const headers of carried) {
    const { statusCode } = await app.inject({ ...request, headers })
    expect(statusCode).toBe(401)
  }
})
const once = halfIn()

test('an enrolment token is no refresh token, no link of a mail and no code', async () => {
  const { enrolmentToken, email, password } = await halfIn()
  const answers = await Promise.all([
    call('/auth/refresh', { refreshToken: enrolmentToken }),
    call('/auth/verify-email', { token: enrolmentToken }),
    call('/auth/reset-password', { token: enrolmentToken, password: `${password} anew` }),
    call('/auth/login', { email, password, mfaCode: enrolmentToken.slice(0, 64) }),
  ])
  for (const { statusCode } of answers) {
    expect(statusCode).toBeGreaterThanOrEqual(400)
    expect(statusCode).toBeLessThan(500)
  }
  expect((await begin(enrolmentToken)).statusCode).toBe(401)
})

test('an enrolment token is good for five tries, on all replicas together', async () => {
  const person = await halfIn()
  const { enrolmentToken } = person
  const secret = await secretOf(enrolmentToken)
  const other = await replica()
  const body = { enrolmentToken, code: wrongCode(secret) }
  const tries = await Promise.all(
    Array.from({ length: 8 }, (_, n) => (n % 2 ? call : other)('/auth/mfa/enrol/confirm', body)),
  )
  expect(tries.map(({ statusCode }) => statusCode).sort()).toEqual([400, 400, 400, 400, 400, 401, 401, 401])
  expect((await eventsOf(person)).filter(({ reason }) => reason === 'wrong_mfa_code').length).toBe(5)
  const right = await finish(enrolmentToken, codeOf(secret))
  expect(right.statusCode).toBe(401)
  expect(right.json()).toMatchObject({ code: 'auth.invalid_enrolment_token' })
  expect((await begin(enrolmentToken)).statusCode).toBe(401)
})

test('an enrolment token is good for five minutes', async () => {
  const { enrolmentToken } = await halfIn()
  const secret = await secretOf(enrolmentToken)
  await letTokensAge(290)
  expect((await finish(enrolmentToken, wrongCode(secret))).statusCode).toBe(400)
  await letTokensAge(10)
  expect((await finish(enrolmentToken, codeOf(secret))).statusCode).toBe(401)
  expect((await begin(enrolmentToken)).statusCode).toBe(401)
})

test('an enrolment token is spent by signing in, and of two uses at once one signs in', async () => {
  const { enrolmentToken } = await halfIn()
  const code = codeOf(await secretOf(enrolmentToken))
  const answers = await Promise.all([finish(enrolmentToken, code), finish(enrolmentToken, code)])
  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 200).length).toBe(1)
  expect((await finish(enrolmentToken, code)).statusCode).toBe(401)
  expect((await begin(enrolmentToken)).statusCode).toBe(401)
})

test('an enrolment token is void once another login got one', async () => {
  const person = await halfIn()
  const next = await tokenOf(person)
  expect((await begin(person.enrolmentToken)).statusCode).toBe(401)
  expect((await begin(next)).statusCode).toBe(201)
})

test('who is signed in and sets up a factor shuts out whoever is half in', async () => {
  const person = await halfIn()
  const theirs = await secretOf(person.enrolmentToken)
  const mine = await enrol(person)
  expect((await finish(person.enrolmentToken, codeOf(theirs))).statusCode).toBe(400)
  expect((await confirm(person, codeOf(mine.secret))).statusCode).toBe(200)
  expect((await begin(person.enrolmentToken)).statusCode).toBe(401)
  expect((await finish(person.enrolmentToken, codeOf(mine.secret))).statusCode).toBe(401)
})

test('a token that nobody was given opens no enrolment', async () => {
  expect((await begin(`gate_ott_${'A'.repeat(43)}`)).statusCode).toBe(401)
  expect((await finish('', '123456')).statusCode).toBe(400)
})

test('setting a factor up needs what was begun: without it a code is no code', async () => {
  const { enrolmentToken } = await halfIn()
  const answer = await finish(enrolmentToken, '123456')
  expect(answer.json()).toMatchObject({ code: 'mfa.nothing_to_confirm' })
})
