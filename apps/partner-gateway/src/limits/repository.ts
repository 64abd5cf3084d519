import type { Tx } from '@gatehouse/db/tenant'
import { type SQL, sql } from 'drizzle-orm'
import { oauthClients, quotaWindows } from '../tables.ts'

/** A part of a client's minute, for one process alone. */
export interface Share {
  /** When the minute began, in milliseconds since 1970 by PostgreSQL's clock. */
  readonly window: number
  readonly granted: number
  /** What all shares of this minute together come to. */
  readonly taken: number
  /** How much of the minute is left. */
  readonly msLeft: number
}

/** Of the rest of a minute, so much is a share of it in any case, and so much one at most that is only expected to be used up. */
const [least, most] = [8, 2]

/** What a share is to be measured by. */
export interface Demand {
  /** As many requests as come to this process in a quarter of a minute, at the pace that they come. */
  readonly soon: number
  /** As many as come for sure: it alone is asked for more than the limit, so that nobody is refused for its sake. */
  readonly surely: number
}

interface Lease {
  readonly id: string
  readonly tenantId: string
  readonly limit: number
  readonly demand: Demand
}

/**
 * Takes a share of the client's present minute, by PostgreSQL's clock, however many ask at once; of a minute that is used
 * up, none. The smaller the rest of it, the smaller the share: what one process holds, the others can't have. Undefined
 * for a client that is not there. A clock that is set back leads to no minute twice.
 */
export async function leaseShare(
  tx: Tx,
  { id, tenantId, limit, demand: { soon, surely } }: Lease,
): Promise<Share | undefined> {
  const q = quotaWindows
  const isSame = sql`${q.windowStart} >= excluded.window_start`
  const grant = (taken: SQL) => {
    const rest = sql`greatest(0, ${limit}::int - ${taken})`
    const expected = sql`least(${soon}::int, (${rest} + 1) / ${most}::int)`
    return sql`least(${rest}, greatest(1, ${rest} / ${least}::int, ${expected}, ${surely}::int))`
  }
  const first = grant(sql`0`)
  const next = grant(sql`case when ${isSame} then ${q.taken} else 0 end`)
  const [row] = await tx.execute<{ window: string; granted: number; taken: number; ms_left: string }>(sql`
    insert into ${q} (client_id, tenant_id, window_start, granted, taken)
    select id, tenant_id, date_trunc('minute', clock_timestamp()), ${first}, ${first}
    from ${oauthClients} where id = ${id} and tenant_id = ${tenantId} for key share
    on conflict (client_id) do update set
      window_start = greatest(${q.windowStart}, excluded.window_start),
      granted = ${next},
      taken = case when ${isSame} then ${q.taken} else 0 end + ${next}
    returning extract(epoch from window_start) * 1000 as window, granted, taken,
      extract(epoch from window_start + interval '1 minute' - clock_timestamp()) * 1000 as ms_left`)
  if (!row) return undefined
  return {
    window: Number(row.window),
    granted: row.granted,
    taken: row.taken,
    msLeft: Number(row.ms_left),
  }
}

/** What is left of shares, by the client and the minute that they are of. */
export interface Rest {
  readonly id: string
  readonly window: number
  readonly left: number
}

/** Gives back what is left of shares, to minutes that are not over yet. */
export async function giveBack(tx: Tx, rests: readonly Rest[]): Promise<void> {
  await tx.execute(sql`
    update ${quotaWindows} set taken = ${quotaWindows.taken} - rest."left"
    from jsonb_to_recordset(${JSON.stringify(rests)}::jsonb) as rest(id uuid, "window" numeric, "left" int)
    where client_id = rest.id and window_start = to_timestamp(rest."window" / 1000)`)
}
