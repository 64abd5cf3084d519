import { expect, test } from 'vitest'
import { Register } from './registration.ts'

const ada = { email: 'Ada@Example.com', password: ' correct horse ', firstName: 'Ada', lastName: 'Lovelace' }

test('the e-mail is kept in lower case, the password as it was typed', () => {
  expect(Register.parse({ ...ada, country: 'gb' })).toEqual({
    ...ada,
    email: 'ada@example.com',
    country: 'GB',
  })
})

test.each(['id', 'roles', 'status', 'tenantId', 'emailVerified', 'permissions', 'platformAdministrator'])(
  'nobody registers with a say in their own %s',
  (field) => {
    expect(Register.safeParse({ ...ada, [field]: 'active' }).success).toBe(false)
  },
)

test('nobody founds a tenant and joins another at once', () => {
  expect(Register.safeParse({ ...ada, companyName: 'Analytical Engines' }).success).toBe(true)
  expect(Register.safeParse({ ...ada, inviteToken: 'token' }).success).toBe(true)
  expect(
    Register.safeParse({ ...ada, companyName: 'Analytical Engines', inviteToken: 'token' }).success,
  ).toBe(false)
})

test('a password of fewer than 8 characters is refused, counted as a person counts them', () => {
  const fits = (password: string) => Register.safeParse({ ...ada, password }).success
  expect(fits('x'.repeat(7))).toBe(false)
  expect(fits('🗝'.repeat(7))).toBe(false)
  expect(fits('🗝'.repeat(8))).toBe(true)
})
