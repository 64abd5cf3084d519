import { readInPlatform } from '@gatehouse/db/tenant'
import { consume } from '@gatehouse/events/consumer'
import type { Emission } from '@gatehouse/events/envelope'
import { silent, startOwnNats } from '@gatehouse/events/harness'
import { messageOf } from '@gatehouse/events/outbox'
import { publish } from '@gatehouse/events/publish'
import { type SQL, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { afterAll } from 'vitest'
import { type Deps, departuresOf } from '../app.ts'
import { origin } from '../harness.ts'

type Departure = 'user.deleted' | 'user.email_changed' | 'membership.removed' | 'tenant.purged'

/** Has auth follow, on a NATS server of its own, what the directory tells of who has left. */
export async function followDirectory(auth: Deps) {
  const nats = await startOwnNats(afterAll)
  const follower = consume({
    nats: nats.as('auth'),
    log: silent,
    stream: 'IDENTITY',
    durable: 'auth',
    handle: departuresOf(auth),
  })
  afterAll(follower.stop)
  const directory = await nats.as('directory').connection()
  const manager = await nats.manager()

  /** Has the directory tell of a departure at a time, and waits until auth has acknowledged it. */
  const told = async <N extends Departure>(
    name: N,
    { tenantId, data, time = new Date() }: Pick<Emission<N>, 'tenantId' | 'data'> & { time?: Date },
  ) => {
    const actor = { type: 'system', id: 'directory' } as const
    const aggregate = { id: uuidv7(), version: 1 }
    const message = messageOf(name, { tenantId, actor, aggregate, origin, data } as Emission<N>)
    await publish(directory, [{ ...message, occurredAt: time }])
    const isDone = async () => {
      const { num_pending: unseen, num_ack_pending: unfinished } = await manager.consumers.info(
        'IDENTITY',
        'auth',
      )
      return unseen + unfinished === 0
    }
    while (!(await isDone()));
  }

  const rows = <T extends Record<string, unknown>>(statement: SQL) =>
    readInPlatform(auth.db, (tx) => tx.execute<T>(statement))

  /** How many rows each table has that says whose they are, of one person; the receipt of their erasure apart. */
  const possessions = async (userId: string) => {
    const columns = await rows<{
      table: string
      column: string
    }>(sql`select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'public' and column_name in ('user_id', 'link_user_id') and table_name <> 'erasures' order by 1`)
    const counts = await Promise.all(
      columns.map(async ({ table, column }) => {
        const [found] = await rows<{ n: number }>(sql`select count(*)::int as n from ${sql.identifier(table)}
          where ${sql.identifier(column)} = ${userId}`)
        return [table, found?.n]
      }),
    )
    return Object.fromEntries(counts) as Record<string, number>
  }
  return { told, rows, possessions }
}
