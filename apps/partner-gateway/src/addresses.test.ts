import { AddressRange } from '@gatehouse/contracts/network'
import { canonicalAddress } from '@gatehouse/http/client-address'
import { expect, test } from 'vitest'
import { mayCallFrom } from './addresses.ts'

const listed = (...ranges: string[]) => ({ allowedIps: ranges.map((range) => AddressRange.parse(range)) })
const from = (address: string) => canonicalAddress(address)

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.0/24', '192.0.2.255'],
  ['2001:DB8::/32', '2001:db8:ffff::1'],
  ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ['192.0.2.0/24', '::ffff:192.0.2.7'],
  ['192.0.2.0/24', '::FFFF:c000:207'],
  ['::ffff:192.0.2.0/120', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['0.0.0.0/0', '203.0.113.9'],
  ['fe80::/10', 'fe80::1%eth0'],
])('a list with %s lets %s in', (range, address) => {
  expect(mayCallFrom(listed('198.51.100.1', range), from(address))).toBe(true)
})

test.each([
  ['192.0.2.7', '192.0.2.8'],
  ['192.0.2.0/25', '192.0.2.128'],
  ['2001:db8::/32', '2001:db9::'],
  ['::ffff:192.0.2.0/120', '192.0.3.1'],
  ['0.0.0.0/0', '2001:db8::1'],
  ['8.0.0.1', '010.0.0.1'],
  ['10.0.0.1', '10.1'],
  ['10.0.0.1', '0x0a000001'],
  ['10.0.0.1', '167772161'],
])('a list with %s does not let %s in', (range, address) => {
  expect(mayCallFrom(listed(range), from(address))).toBe(false)
})

test('an empty list lets in everybody whose address is known, and nobody else is ever let in', () => {
  expect(mayCallFrom(listed(), from('203.0.113.9'))).toBe(true)
  expect(mayCallFrom(listed(), from('unknown'))).toBe(false)
  expect(mayCallFrom(listed('0.0.0.0/0', '::/0'), from('unknown'))).toBe(false)
})
