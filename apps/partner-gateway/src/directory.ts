import { createClient, type TokenSource } from '@gatehouse/client/client'
import { Problem } from '@gatehouse/contracts/problem'
import { getTenant } from '@gatehouse/contracts/tenants'
import { directoryUnavailable } from './errors.ts'

/**
 * Asks the directory whether a tenant is active.
 * @throws directoryUnavailable
 */
export function askWhetherActive(url: string, token: TokenSource): (tenantId: string) => Promise<boolean> {
  const get = createClient({ service: 'directory', baseUrl: url, token })(getTenant)
  return async (id) => {
    try {
      return (await get({ params: { id } })).status === 'active'
    } catch (cause) {
      if (cause instanceof Problem && cause.status === 404) return false
      throw directoryUnavailable({ cause, headers: { 'retry-after': '1' } })
    }
  }
}
