import { readFileSync } from 'node:fs'
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
