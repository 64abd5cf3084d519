import { expect, test } from 'vitest'
import { PartnerTokenRequest } from './partner-token.ts'

const grant = { grant_type: 'client_credentials' }
const credentials = { client_id: 'partner', client_secret: 'secret' }

test('parameters that RFC 6749 does not name are ignored (§3.2)', () => {
  expect(PartnerTokenRequest.parse({ ...grant, ...credentials, audience: 'x' })).toEqual({
    ...grant,
    ...credentials,
  })
})

test('parameters without a value are taken, to count as left out (§3.2)', () => {
  const empty = { ...grant, client_id: '', client_secret: '', scope: '' }
  expect(PartnerTokenRequest.parse(empty)).toEqual(empty)
})

test.each(['grant_type', 'client_id', 'client_secret', 'scope'])('%s twice is refused (§3.2)', (name) => {
  const request = { ...grant, ...credentials, [name]: ['one', 'two'] }
  expect(PartnerTokenRequest.safeParse(request).success).toBe(false)
})

test('the type of grant must be there, and a secret does not come without its client', () => {
  expect(PartnerTokenRequest.safeParse({ ...credentials, grant_type: '' }).success).toBe(false)
  expect(PartnerTokenRequest.safeParse({ ...grant, client_secret: 'secret' }).success).toBe(false)
})
