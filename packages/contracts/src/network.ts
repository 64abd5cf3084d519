import * as z from 'zod'

const forms = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]

/**
 * An address or a network in CIDR notation, IPv4 or IPv6. Only the four-part decimal form of IPv4 is one: what
 * `inet_aton` makes of `10.1`, `010.0.0.1` or `0x0a000001` differs from reader to reader.
 */
export const AddressRange = z
  .string()
  .max(49)
  .refine(
    (text) => forms.some((form) => form.safeParse(text).success),
    'Must be an IP address or a network in CIDR notation',
  )
  .toLowerCase()
  .meta({ examples: ['203.0.113.7', '2001:db8::/32'] })
