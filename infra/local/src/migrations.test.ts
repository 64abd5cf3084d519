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
  ...['auth', 'directory', 'partner-gateway'].map((service) => [
    service,
    'order in which the outbox is sent',
    'packages/events/outbox-lanes.sql',
  ]),
  ...['auth', 'directory', 'partner-gateway'].map((service) => [
    service,
    'leave to clear away what was sent',
    'packages/events/clearing.sql',
  ]),
  ...['auth', 'directory', 'audit', 'partner-gateway'].map((service) => [
    service,
    'memory of whose a request was',
    'packages/db/idempotency-actors.sql',
  ]),
  ['partner-gateway', 'receipts of erasures', 'packages/db/erasures.sql'],
  ['auth', 'mail queue', 'packages/mail/mails.sql'],
  ['auth', 'memory of whom mail is about', 'packages/mail/mail-subjects.sql'],
  ['auth', 'index of mail by its tenant', 'packages/mail/mails-of-tenant.sql'],
  ['auth', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['audit', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['directory', 'mail queue', 'packages/mail/mails.sql'],
  ['directory', 'memory of whom mail is about', 'packages/mail/mail-subjects.sql'],
  ['directory', 'index of mail by its tenant', 'packages/mail/mails-of-tenant.sql'],
  ['directory', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['partner-gateway', 'memory of requests that come twice', 'packages/db/idempotency.sql'],
  ['partner-gateway', 'signing keys', 'packages/keys/signing-keys.sql'],
  ['partner-gateway', 'count of attempts', 'packages/throttle/attempts.sql'],
])('%s has the %s', (service, _, file) => {
  expect(migrationsOf(service)).toContain(readFileSync(join(root, file), 'utf8').trimEnd())
})

test.each(['signing_keys', 'attempts', 'erasures'])(
  'auth and the partner gateway have the same %s',
  (table) => {
    const [auth, gateway] = ['auth', 'partner-gateway'].map((service) => {
      const folder = join(root, 'apps', service, 'migrations/meta')
      const last = readdirSync(folder)
        .filter((name) => name.endsWith('snapshot.json'))
        .sort()
        .at(-1)
      return JSON.parse(readFileSync(join(folder, last ?? ''), 'utf8')).tables[`public.${table}`]
    })
    expect(auth).toBeDefined()
    expect(gateway).toEqual(auth)
  },
)
