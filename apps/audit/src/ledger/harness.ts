import { silent, startOwnNats } from '@gatehouse/events/harness'
import { createLastWords } from '@gatehouse/events/last-words'
import { afterAll } from 'vitest'
import { harness, received } from '../harness.ts'
import type { CheckpointKeys } from './checkpoint-keys.ts'
import type { Signing } from './sign-trees.ts'

/** Audit with a NATS server of its own, in which what was signed is remembered. */
export async function signingHarness() {
  const audit = await harness()
  const ends: (() => Promise<void>)[] = []
  afterAll(async () => {
    for (const end of ends) await end()
  })
  const nats = await startOwnNats((end) => ends.unshift(end))
  const replica = (keys: CheckpointKeys = audit.checkpointKeys): Signing => ({
    db: audit.db,
    keys,
    memory: createLastWords({ nats: nats.as('audit'), stream: 'CHECKPOINTS', prefix: 'checkpoint' }),
    log: silent,
  })
  const grow = async (tenantId: string, count = 1) => {
    const name = 'Analytical Engines'
    const events = Array.from({ length: count }, () =>
      received('tenant.created', tenantId, { name, type: 'customer', country: null }),
    )
    await audit.record(...events)
    return events.map(({ envelope }) => envelope.id)
  }
  const reader = (tenantId: string) => audit.as({ tenantId, permissions: ['audit:read'] })
  const get = async (tenantId: string, path: string) =>
    audit.app.inject({ url: `/api/audit-logs${path}`, headers: await reader(tenantId) })
  return { ...audit, nats, replica, grow, get }
}
