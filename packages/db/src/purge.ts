import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './connect.ts'
import type { DataMap } from './data-map.ts'
import { inPlatform } from './tenant.ts'

const batch = 1000

/**
 * Deletes all that its data map says has had its time, in short transactions; less if it is to stop. Several replicas share
 * the work.
 */
export async function purge(db: Database, map: DataMap, stopping?: AbortSignal): Promise<void> {
  for (const [table, { expires }] of Object.entries(map)) {
    if (!expires) continue
    const statement = deletionOf(table, expires)
    let deleted = batch
    while (deleted === batch && !stopping?.aborted)
      deleted = await inPlatform(db, async (tx) => (await tx.execute(statement)).count)
  }
}

/** A batch, oldest first. What another replica is about to delete is left to it. */
function deletionOf(name: string, { after, days }: { after: string; days: number }): SQL {
  const [table, at] = [sql.identifier(name), sql.identifier(after)]
  return sql`
    delete from ${table} where ctid = any(array(
      select ctid from ${table} where ${at} < now() - make_interval(days => ${days}::int)
      order by ${at} limit ${batch} for update skip locked))`
}
