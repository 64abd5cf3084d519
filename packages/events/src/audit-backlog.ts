import { jetstreamManager } from '@nats-io/jetstream'
import type { Bell } from './bell.ts'
import type { Nats } from './nats.ts'

/** How many events lie in IDENTITY that audit has not recorded yet. Rejects when NATS can't say so within a second. */
export async function auditBacklog(nats: Nats): Promise<number> {
  const connection = await nats.connection(AbortSignal.timeout(1000))
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 1000 })
  const { num_pending, num_ack_pending } = await manager.consumers.info('IDENTITY', 'audit')
  return num_pending + num_ack_pending
}

/** How long is waited for audit, which may be away. Milliseconds. */
const patienceMs = 1000

interface Waiting {
  readonly atMost: number
  /** Rings when it may be over. */
  readonly bell: Bell
  readonly isOver: () => boolean
}

/** Waits until audit has recorded all but so many events, or the wait is over otherwise; a second at most. */
export async function awaitAudit(nats: Nats, { atMost, bell, isOver }: Waiting): Promise<void> {
  const endsAt = performance.now() + patienceMs
  while (!isOver() && performance.now() < endsAt) {
    if ((await auditBacklog(nats).catch(() => 0)) <= atMost) return
    await bell.wait(20)
  }
}
