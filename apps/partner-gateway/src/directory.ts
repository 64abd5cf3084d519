import { createClient, type TokenSource } from '@gatehouse/client/client'
import { Problem } from '@gatehouse/contracts/problem'
import { getTenant } from '@gatehouse/contracts/tenants'
import { directoryUnavailable } from './errors.ts'

/**
 * Asks the directory whether a tenant is active.
 * @throws directoryUnavailable
 */
export function askWhetherActive(url: string, token: TokenSource): (tenantId: string) => Promise<boolean> {
  const statusOf = askForStatus(url, token)
  return async (id) => (await statusOf(id)) === 'active'
}

/**
 * Asks the directory whether a tenant is there, active or not.
 * @throws directoryUnavailable
 */
export function askWhetherThere(url: string, token: TokenSource): (tenantId: string) => Promise<boolean> {
  const statusOf = askForStatus(url, token)
  return async (id) => (await statusOf(id)) !== undefined
}

function askForStatus(url: string, token: TokenSource) {
  const get = createClient({ service: 'directory', baseUrl: url, token })(getTenant)
  return async (id: string) => {
    try {
      return (await get({ params: { id } })).status
    } catch (cause) {
      if (cause instanceof Problem && cause.status === 404) return undefined
      throw directoryUnavailable({ cause, headers: { 'retry-after': '1' } })
    }
  }
}
