import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { mfaFactors } from '../tables.ts'
import { codeOf, harness, wrongCode } from './harness.ts'

const { db, call, register, enrol, confirm, enrolled, logIn, eventsOf, mailsTo, forgetAttempts } =
  await harness()

test('an authenticator app is set up by the password and a code of it, and counts for nothing until then', async () => {
  const person = await register()
  const { secret, uri, qrCode } = await enrol(person)
  expect(new URL(uri).searchParams.get('secret')).toBe(secret)
  expect(decodeURIComponent(uri)).toContain(`Analytical Engines:${person.email}`)
  expect(qrCode).toMatch(/^data:image\/svg\+xml;base64,/)
  expect((await call('/users/me/mfa', undefined, person.token)).json()).toEqual({
    factors: [],
    recoveryCodesLeft: 0,
  })
  expect((await logIn(person)).statusCode).toBe(200)

  const answer = await confirm(person, codeOf(secret))
  expect(answer.statusCode).toBe(200)
  expect(new Set(answer.json().recoveryCodes).size).toBe(10)
  expect((await logIn(person)).json()).toMatchObject({ code: 'mfa_required' })
  expect((await call('/users/me/mfa', undefined, person.token)).json()).toEqual({
    factors: [
      {
        id: expect.any(String),
        kind: 'totp',
        createdAt: expect.any(String),
        confirmedAt: expect.any(String),
        lastUsedAt: expect.any(String),
      },
    ],
    recoveryCodesLeft: 10,
  })
})

test('the code that set an authenticator app up signs nobody in', async () => {
  const person = await register()
  const { secret } = await enrol(person)
  const code = codeOf(secret)
  expect((await confirm(person, code)).statusCode).toBe(200)
  expect((await logIn(person, code)).json()).toMatchObject({ code: 'auth.wrong_mfa_code' })
})

test('that a factor was set up is an event, and a mail to the person', async () => {
  const person = await register()
  const before = (await mailsTo(person)).length
  const { secret } = await enrol(person)
  await confirm(person, codeOf(secret))
  expect((await eventsOf(person)).slice(-2)).toEqual([
    { type: 'mfa_factor.confirmed', userId: person.id, kind: 'totp' },
    { type: 'recovery_codes.generated', userId: person.id },
  ])
  expect((await mailsTo(person)).length).toBe(before + 1)
})

test('without the right password nothing is begun, the failure is recorded, and the sixth in a row is refused unseen', async () => {
  const person = await register()
  const wrong = () => call('/users/me/mfa/totp', { password: 'not the right one' }, person.token)
  const answers = await Promise.all(Array.from({ length: 6 }, wrong))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([403, 403, 403, 403, 403, 429])
  expect(answers.map((answer) => answer.json().code)).toContain('auth.reauthentication_failed')
  expect((await eventsOf(person)).filter(({ reason }) => reason === 'wrong_password').length).toBe(5)
  expect(await factorsOf(person.id)).toEqual([])
  const { password } = person
  expect((await call('/users/me/mfa/totp', { password }, person.token)).statusCode).toBe(429)
})

test('a wrong code confirms nothing, and five of them end the trying', async () => {
  const person = await register()
  const { secret } = await enrol(person)
  const guesses = await Promise.all(Array.from({ length: 7 }, () => confirm(person, wrongCode(secret))))
  expect(guesses.map(({ statusCode }) => statusCode).sort()).toEqual([400, 400, 400, 400, 400, 429, 429])
  expect((await confirm(person, codeOf(secret))).statusCode).toBe(429)
  await forgetAttempts()
  expect((await confirm(person, codeOf(secret))).statusCode).toBe(200)
})

test('who begins again gets another secret, and the one before confirms nothing', async () => {
  const person = await register()
  const first = await enrol(person)
  const second = await enrol(person)
  expect(second.secret).not.toBe(first.secret)
  expect((await confirm(person, codeOf(first.secret))).statusCode).toBe(400)
  expect((await confirm(person, codeOf(second.secret))).statusCode).toBe(200)
})

test('a secret that waited for a quarter of an hour is confirmed no more', async () => {
  const person = await register()
  const { secret } = await enrol(person)
  await inPlatform(db, (tx) =>
    tx
      .update(mfaFactors)
      .set({ createdAt: sql`now() - interval '15 minutes'` })
      .where(eq(mfaFactors.userId, person.id)),
  )
  expect((await confirm(person, codeOf(secret))).json()).toMatchObject({ code: 'mfa.nothing_to_confirm' })
})

test('one authenticator app at a time: another one is a conflict, and the first one stays as it is', async () => {
  const person = await enrolled()
  const { password, token } = person
  const again = await call('/users/me/mfa/totp', { password, mfaCode: codeOf(person.secret) }, token)
  expect(again.statusCode).toBe(409)
  expect(again.json()).toMatchObject({ code: 'mfa.factor_exists' })
  expect((await logIn(person, person.recoveryCodes[0])).statusCode).toBe(200)
})

test('of two confirmations at the same time one counts, and answers the only recovery codes', async () => {
  const person = await register()
  const { secret } = await enrol(person)
  const answers = await Promise.all([1, 2].map(() => confirm(person, codeOf(secret))))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
  expect((await call('/users/me/mfa', undefined, person.token)).json()).toMatchObject({
    recoveryCodesLeft: 10,
  })
})

const factorsOf = (userId: string) =>
  readInPlatform(db, (tx) => tx.select().from(mfaFactors).where(eq(mfaFactors.userId, userId)))
