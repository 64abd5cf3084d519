import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { origin, somebody } from '../harness.ts'
import { mfaFactors, recoveryCodes } from '../tables.ts'
import { createCheckSecondFactor } from './check-second-factor.ts'
import { codeOf, harness, wrongCode } from './harness.ts'
import { createVerifySecondFactor } from './verify-second-factor.ts'

const {
  db,
  directory,
  throttle,
  seal,
  call,
  replica,
  register,
  enrolled,
  logIn,
  letTimePass,
  eventsOf,
  forgetAttempts,
} = await harness()

const codesOf = (answers: { statusCode: number }[]) => answers.map(({ statusCode }) => statusCode).sort()

test('who has no second factor signs in without, and a code that comes along changes nothing', async () => {
  const person = await register()
  expect((await logIn(person)).statusCode).toBe(200)
  expect((await logIn(person, '123456')).statusCode).toBe(200)
})

test('who has a second factor is asked for a code once the password was right, and signs in with it', async () => {
  const person = await enrolled()
  const without = await logIn(person)
  expect(without.statusCode).toBe(401)
  expect(without.json()).toMatchObject({ code: 'mfa_required' })
  const answer = await logIn(person, codeOf(person.secret))
  expect(answer.statusCode).toBe(200)
  expect((await eventsOf(person)).at(-1)).toMatchObject({ type: 'session.started', amr: ['pwd', 'otp'] })
})

test('before the password is right nobody learns whether there is a second factor, with a code or without', async () => {
  const people = [await register(), await enrolled()]
  const answers = await Promise.all(
    people.flatMap(({ email }) =>
      [undefined, '123456', '0ABC-DEFG-1HJK-MNPQ'].map((mfaCode) =>
        call('/auth/login', { email, password: 'not the right one', mfaCode }),
      ),
    ),
  )
  const said = answers.map((answer) => {
    const { requestId: _, ...document } = answer.json()
    return JSON.stringify([answer.statusCode, document])
  })
  expect(new Set(said).size).toBe(1)
  expect(said[0]).toContain('auth.wrong_credentials')
})

test('a code is accepted as it is shown, with spaces and in full-width digits', async () => {
  const person = await enrolled()
  const inFullWidth = (code: string) =>
    code.replace(/\d/g, (digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0))
  for (const typed of [
    (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`,
    inFullWidth,
    (code: string) => code,
  ]) {
    await letTimePass(person)
    expect((await logIn(person, typed(codeOf(person.secret)))).statusCode).toBe(200)
  }
})

test('a code is accepted once, however it is typed, and on every replica', async () => {
  const person = await enrolled()
  const code = codeOf(person.secret)
  const { email, password } = person
  expect((await logIn(person, code)).statusCode).toBe(200)
  const again = await (await replica())('/auth/login', {
    email,
    password,
    mfaCode: `${code.slice(0, 3)} ${code.slice(3)}`,
  })
  expect(again.statusCode).toBe(401)
  expect(again.json()).toMatchObject({ code: 'auth.wrong_mfa_code' })
  expect((await logIn(person, code)).statusCode).toBe(401)
})

test('of requests that bring one code at the same time to two replicas one is let in', async () => {
  const person = await enrolled()
  const { email, password } = person
  const login = { email, password, mfaCode: codeOf(person.secret) }
  const other = await replica()
  const answers = await Promise.all(
    [1, 2].flatMap(() => [call('/auth/login', login), other('/auth/login', login)]),
  )
  expect(codesOf(answers)).toEqual([200, 401, 401, 401])
})

test('a recovery code stands in for a code once, typed in any way, and says how many are left', async () => {
  const person = await enrolled()
  const [first = '', second = ''] = person.recoveryCodes
  expect((await logIn(person, first.toLowerCase().replaceAll('-', ''))).statusCode).toBe(200)
  const events = await eventsOf(person)
  expect(events.slice(-2)).toMatchObject([
    { type: 'recovery_code.used', left: 9 },
    { type: 'session.started', amr: ['pwd', 'recovery'] },
  ])
  expect((await logIn(person, first)).json()).toMatchObject({ code: 'auth.wrong_mfa_code' })
  const parallel = await Promise.all([1, 2, 3].map(() => logIn(person, second)))
  expect(codesOf(parallel)).toEqual([200, 401, 401])
})

test('nobody signs in by the recovery code of somebody else', async () => {
  const [one, other] = [await enrolled(), await enrolled()]
  expect((await logIn(other, one.recoveryCodes[0])).statusCode).toBe(401)
  expect((await logIn(one, one.recoveryCodes[0])).statusCode).toBe(200)
})

test.each([
  ['codes', wrongCode],
  ['recovery codes', () => '0ABC-DEFG-1HJK-MNPQ'],
])(
  'of forty %s guessed at once over two replicas five are checked, and it is all recorded',
  async (_, guessOf) => {
    const person = await enrolled()
    const { email, password } = person
    const other = await replica()
    await forgetAttempts()
    const login = { email, password, mfaCode: guessOf(person.secret) }
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 ? call : other)('/auth/login', login)),
    )
    const refused = answers.filter((answer) => answer.json().code === 'auth.wrong_mfa_code')
    expect(refused.length).toBe(5)
    // A busy machine turns some away before they are counted.
    expect(answers.filter(({ statusCode }) => [429, 503].includes(statusCode)).length).toBe(35)
    const failures = (await eventsOf(person)).filter(({ type }) => type === 'login.failed')
    const reasons = failures.map(({ reason }) => reason)
    expect(reasons.filter((reason) => reason === 'wrong_mfa_code').length).toBe(5)
    expect(reasons).toContain('rate_limited')

    const right = await logIn(person, codeOf(person.secret))
    expect(right.statusCode).toBe(429)
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
    await forgetAttempts()
    expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(200)
  },
)

test('who guesses codes at the door keeps nobody from setting a new password', async () => {
  const person = await enrolled()
  const verify = createVerifySecondFactor({ db, throttle, seal, background: () => {} })
  const authority = await directory.resolve({ email: person.email }, origin)
  for (let n = 0; n < 6; n++) await logIn(person, wrongCode(person.secret))
  expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(429)
  await expect(verify(authority ?? somebody(), undefined, origin)).rejects.toMatchObject({
    code: 'mfa_required',
  })
  await expect(verify(authority ?? somebody(), codeOf(person.secret), origin)).resolves.toBeUndefined()
})

test('right codes are never too many', async () => {
  const person = await enrolled()
  for (let n = 0; n < 7; n++) {
    await letTimePass(person)
    expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(200)
  }
})

test('who does not know the password cannot use up the tries of who does', async () => {
  const person = await enrolled()
  const { email } = person
  await Promise.all(
    Array.from({ length: 8 }, () =>
      call('/auth/login', { email, password: 'not the right one', mfaCode: '123456' }),
    ),
  )
  expect((await logIn(person, codeOf(person.secret))).statusCode).toBe(200)
})

test('a sign-in that only says of itself that a factor was set up is asked for a code', async () => {
  const person = await enrolled()
  const authority = await directory.resolve({ email: person.email }, origin)
  const check = createCheckSecondFactor({ db, throttle, seal, background: () => {} })
  const proof = { method: 'mfa_enrolment', amr: ['pwd', 'otp'] } as const
  const checked = check(authority ?? somebody(), proof, origin)
  await expect(checked).rejects.toMatchObject({ code: 'mfa_required' })
})

test('neither the secret nor a recovery code is anywhere in the database', async () => {
  const person = await enrolled()
  const rows = await readInPlatform(db, async (tx) => [
    ...(await tx.select().from(mfaFactors)),
    ...(await tx.select().from(recoveryCodes)),
  ])
  const kept = JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  for (const secret of [person.secret, ...person.recoveryCodes])
    for (const form of [secret, secret.replaceAll('-', '')]) expect(kept).not.toContain(form)
  expect(JSON.stringify(await eventsOf(person))).not.toContain(person.secret)
})
