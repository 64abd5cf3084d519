import { relative, resolve } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'

const permissionsFile = resolve(import.meta.dirname, '../../../infra/nats/permissions.conf')

/** The password of every user of the tests' NATS server. */
export const natsPassword = 'test-password'

/** What the user of a service is called in one of the accounts. */
export const natsUser = (account: number, service: ServiceName | 'provisioner') => `${service}-${account}`

/**
 * The configuration of a NATS server with several accounts, each a world of its own with the users and permissions that
 * the services have: as many tests can use it at once as it has accounts.
 * @param folder where the file will be: what it includes is looked for from there
 */
export function natsConfig(accounts: number, folder: string): string {
  const users = (account: number) =>
    [...serviceNames, 'provisioner' as const].map((service) => {
      const permissions = `$${service.replaceAll('-', '_').toUpperCase()}_PERMISSIONS`
      return `{ user: "${natsUser(account, service)}", password: "${natsPassword}", permissions: ${permissions} }`
    })
  const account = (_: unknown, index: number) =>
    `T${index + 1} { jetstream: enabled, users: [\n${users(index + 1).join('\n')}\n] }`
  return `
    include ${JSON.stringify(relative(folder, permissionsFile))}
    host: $NATS_HOST
    port: $NATS_PORT
    http_port: $NATS_MONITOR_PORT
    jetstream { store_dir: $NATS_STORE_DIR, max_file_store: $NATS_STORE_LIMIT, sync_interval: $NATS_SYNC_INTERVAL }
    accounts { ${Array.from({ length: accounts }, account).join('\n')} }
  `
}
