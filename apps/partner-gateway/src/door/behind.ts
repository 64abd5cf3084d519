import type { Endpoint } from '@gatehouse/contracts/endpoint'

/**
 * The path behind an entrance: made of the contract's own and the parameters as they were read, never of the one that was
 * asked for.
 */
export const pathBehind = ({ url }: Endpoint, params: Readonly<Record<string, string>>): string =>
  url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
