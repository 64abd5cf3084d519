import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from './connect.ts'
import { inPlatform } from './tenant.ts'

/** Rows that are of no use any more so many days after a time that is in each of them. There is an index of it. */
export interface Outdated {
  readonly at: PgColumn
  readonly days: number
}

const batch = 1000

/** Deletes all that is outdated now, in short transactions; less if it is to stop. Several replicas share the work. */
export async function purge(
  db: Database,
  outdated: readonly Outdated[],
  stopping?: AbortSignal,
): Promise<void> {
  for (const each of outdated) {
    const statement = deletionOf(each)
    let deleted = batch
    while (deleted === batch && !stopping?.aborted)
      deleted = await inPlatform(db, async (tx) => (await tx.execute(statement)).count)
  }
}

/** A batch, oldest first. What another replica is about to delete is left to it. */
function deletionOf({ at, days }: Outdated): SQL {
  return sql`
    delete from ${at.table} where ctid = any(array(
      select ctid from ${at.table} where ${at} < now() - make_interval(days => ${days}::int)
      order by ${at} limit ${batch} for update skip locked))`
}
