import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const outbox = readFileSync(join(root, 'packages/events/outbox.sql'), 'utf8')

test.each(serviceNames.filter((service) => service !== 'audit'))(
  '%s has the outbox that events are sent from',
  (service) => {
    const migration = join(root, 'apps', service, 'migrations/0000_initial.sql')
    expect(readFileSync(migration, 'utf8')).toContain(outbox)
  },
)

const migrationsOf = (service: string) => {
  const folder = join(root, 'apps', service, 'migrations')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
}

test.each([
  ...['auth', 'directory', 'partner-gateway'].map((service) => [
    service,
    'note of what audit has',
    'packages/events/reconciliation.sql',
  ]),
  ['auth', 'mail queue', 'packages/mail/mails.sql'],
  ['auth', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['audit', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['directory', 'mail queue', 'packages/mail/mails.sql'],
  ['directory', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
])('%s has the %s', (service, _, file) => {
  expect(migrationsOf(service)).toContain(readFileSync(join(root, file), 'utf8').trimEnd())
})
