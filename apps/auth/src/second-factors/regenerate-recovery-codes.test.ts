import { expect, test } from 'vitest'
import { origin, somebody } from '../harness.ts'
import { codeOf, harness, type Person } from './harness.ts'
import { regenerateRecoveryCodes } from './regenerate-recovery-codes.ts'

const { db, directory, seal, notify, call, register, enrolled, logIn, eventsOf, mailsTo, forgetAttempts } =
  await harness()

const regenerate = ({ password, token }: Person, mfaCode?: string) =>
  call('/users/me/mfa/recovery-codes', { password, ...(mfaCode !== undefined && { mfaCode }) }, token)
const left = async ({ token }: Person) =>
  (await call('/users/me/mfa', undefined, token)).json().recoveryCodesLeft

test('a new set of recovery codes takes the place of the whole old one', async () => {
  const person = await enrolled()
  const [mails, [old, spent]] = [(await mailsTo(person)).length, person.recoveryCodes]
  await logIn(person, spent)
  expect(await left(person)).toBe(9)
  const answer = await regenerate(person, codeOf(person.secret))
  expect(answer.statusCode).toBe(200)
  expect(await left(person)).toBe(10)
  const { recoveryCodes } = answer.json()
  expect(recoveryCodes.filter((code: string) => person.recoveryCodes.includes(code))).toEqual([])
  expect((await logIn(person, old)).statusCode).toBe(401)
  expect((await logIn(person, recoveryCodes[0])).statusCode).toBe(200)
  const names = (await eventsOf(person)).map(({ type }) => type)
  expect(names.filter((name) => name === 'recovery_codes.generated').length).toBe(2)
  expect((await mailsTo(person)).length).toBe(mails + 1)
})

test('nobody gets recovery codes without a code, or without a second factor', async () => {
  const [person, without] = [await enrolled(), await register()]
  expect((await regenerate(person)).statusCode).toBe(403)
  expect((await regenerate(without)).json()).toMatchObject({ code: 'mfa.none' })
  expect(await left(person)).toBe(10)
})

test('of many new sets at the same time one is left, and that one whole', async () => {
  const person = await enrolled()
  const authority = (await directory.resolve({ email: person.email }, origin)) ?? somebody()
  const principal = { kind: 'user', ...person, sessionId: undefined, permissions: new Set<never>() } as const
  const deps = { db, seal, notify, reauthenticate: async () => authority }
  const proof = { password: person.password }
  const sets = await Promise.all(
    Array.from({ length: 12 }, () => regenerateRecoveryCodes(deps, principal, proof, origin)),
  )
  expect(await left(person)).toBe(10)
  const statuses = []
  for (const { recoveryCodes } of sets) {
    await forgetAttempts()
    statuses.push((await logIn(person, recoveryCodes[0])).statusCode)
  }
  expect(statuses.filter((status) => status === 200).length).toBe(1)
})
