import * as z from 'zod'

const mustBeOne = 'Must be an IP address or a network in CIDR notation'
const mustBeWhole = 'Must be the first address of its network, with nothing behind the prefix'

const forms = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]

/**
 * An address or a network in CIDR notation, IPv4 or IPv6. Only the four-part decimal form of IPv4 is one: what
 * `inet_aton` makes of `10.1`, `010.0.0.1` or `0x0a000001` differs from reader to reader. Nor is `10.1.2.3/8`, which lets in
 * sixteen million addresses where one may have been meant.
 */
export const AddressRange = z
  .string()
  .max(49)
  .refine((text) => forms.some((form) => form.safeParse(text).success), { abort: true, error: mustBeOne })
  .refine(hasOnlyPrefix, { error: mustBeWhole })
  .toLowerCase()
  .meta({ examples: ['203.0.113.7', '2001:db8::/32'] })

function hasOnlyPrefix(text: string): boolean {
  const [address = '', length] = text.split('/')
  return length === undefined || !bitsOf(address).slice(Number(length)).includes('1')
}

function bitsOf(address: string): string {
  if (!address.includes(':')) return binary(address.split('.').map(Number), 8)
  // As the parser of URLs writes it, an IPv6 address has no part in the form of IPv4.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0)
  return binary([...first, ...zeros, ...last], 16)
}

const groupsOf = (text: string) =>
  text
    .split(':')
    .filter(Boolean)
    .map((group) => Number.parseInt(group, 16))

const binary = (parts: readonly number[], bits: number) =>
  parts.map((part) => part.toString(2).padStart(bits, '0')).join('')
