import { expect, test } from 'vitest'
import { ById, Id } from './identifiers.ts'
import { platformTenantId } from './principal.ts'

test('two spellings of one id are one id', () => {
  expect(Id.parse('01890A5D-AC96-774B-BCCE-B302099A8057')).toBe('01890a5d-ac96-774b-bcce-b302099a8057')
})

test('the platform itself has an id like every tenant', () => {
  expect(Id.parse(platformTenantId)).toBe(platformTenantId)
})

test.each([
  '',
  'me',
  '42',
  '01890a5dac96774bbcceb302099a8057',
  '{01890a5d-ac96-774b-bcce-b302099a8057}',
  '01890a5d-ac96-774b-bcce-b302099a8057\n',
  "01890a5d-ac96-774b-bcce-b302099a8057' or '1'='1",
  ['01890a5d-ac96-774b-bcce-b302099a8057'],
])('%j is no id', (input) => {
  expect(Id.safeParse(input).success).toBe(false)
})

test('what is named by its id is named by nothing else', () => {
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  expect(ById.safeParse({ id }).success).toBe(true)
  expect(ById.safeParse({ id, tenantId: id }).success).toBe(false)
})
