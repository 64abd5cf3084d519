import { BlockList, isIP } from 'node:net'
import { expect, test } from 'vitest'
import { AddressRange } from './network.ts'

const ranges = [
  '203.0.113.7',
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.2.3/32',
  '::1',
  '2001:db8::/32',
  '2001:DB8:0:0:0:0:0:1',
  '::ffff:192.0.2.1',
  '::ffff:192.0.2.0/120',
  'fe80::/10',
  '2001:db8:1:2:3::/80',
  '::/0',
]

test.each(ranges)('%s is an address or a network that Node can match against', (range) => {
  const canonical = AddressRange.parse(range)
  expect(canonical).toBe(range.toLowerCase())
  const [address = '', prefix] = canonical.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family)
  expect(list.check(address, family)).toBe(true)
})

test.each([
  '',
  '10.1',
  '010.0.0.1',
  '0x0a000001',
  '167772161',
  '256.0.0.1',
  '1.2.3',
  '1.2.3.4.5',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/08',
  '10.0.0.0/',
  '/8',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '::/129',
  ':::',
  '1::2::3',
  'fe80::1%eth0',
  '[::1]',
  '::1]/x[',
  '12345::',
  ' 10.0.0.1',
  '10.0.0.1\n',
  'localhost',
  '１０.0.0.1',
  '10.0.0.*',
  '10.0.0.1/8',
  '192.0.2.129/25',
  '2001:db8::1/32',
  '2001:db8:8000::/32',
  '::ffff:192.0.2.1/120',
])('%j is neither', (text) => {
  expect(AddressRange.safeParse(text).success).toBe(false)
})

test('text that never ends as an address is refused, however long it is', () => {
  expect(AddressRange.safeParse(':'.repeat(65_536)).success).toBe(false)
  expect(AddressRange.safeParse('1.'.repeat(32_768)).success).toBe(false)
})
