import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net'

/**
 * The one spelling of an IP address, IPv4-mapped IPv6 folded into IPv4 and the zone dropped; `undefined` for anything
 * else, `010.0.0.1` and `0x7f.1` included.
 */
export function canonicalAddress(text: string | undefined): string | undefined {
  const [address = ''] = text?.split('%', 1) ?? []
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return undefined
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  const mapped = canonical.startsWith('::ffff:') ? canonical.slice(7) : ''
  return isIPv4(mapped) ? mapped : canonical
}

/** Whether an address lies in one of these networks, given in CIDR notation or as single addresses. */
export function inNetworks(networks: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (text) => {
    const address = canonicalAddress(text)
    return address !== undefined && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
}
