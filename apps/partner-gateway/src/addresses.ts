import { inNetworks } from '@gatehouse/http/client-address'

const compiled = new WeakMap<readonly string[], (address: string | undefined) => boolean>()

/**
 * Whether a client may call from this address: one of its list, or any where the list is empty. Never from an address
 * that nobody knows, which is what a trusted proxy makes of an `X-Forwarded-For` that names none.
 * @param sourceIp the canonical address, counted from the side of the trusted proxies
 */
export function mayCallFrom(
  { allowedIps }: { readonly allowedIps: readonly string[] },
  sourceIp: string | undefined,
): boolean {
  if (sourceIp === undefined) return false
  if (allowedIps.length === 0) return true
  let isListed = compiled.get(allowedIps)
  if (!isListed) {
    isListed = inNetworks(allowedIps)
    compiled.set(allowedIps, isListed)
  }
  return isListed(sourceIp)
}
