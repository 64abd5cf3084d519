import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, between, eq, sql } from 'drizzle-orm'
import { clientUsage, oauthClients } from '../tables.ts'
import type { Outcome } from '../usage.ts'

/** What came together of one client on one day, of one operation that ended one way. */
export interface Account {
  readonly clientId: string
  /** UTC, e.g. `2027-01-31`. */
  readonly day: string
  readonly operation: string
  readonly outcome: Outcome
  readonly calls: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly msTotal: number
  readonly msMax: number
}

/** Adds to the accounts of clients that are still there. */
export async function add(tx: Tx, accounts: readonly Account[]): Promise<void> {
  const u = clientUsage
  await tx.execute(sql`
    insert into ${u} (client_id, tenant_id, day, operation, outcome, calls, bytes_in, bytes_out, ms_total, ms_max)
    select c.id, c.tenant_id, a.day, a.operation, a.outcome, a.calls, a."bytesIn", a."bytesOut", a."msTotal", a."msMax"
    from jsonb_to_recordset(${JSON.stringify(accounts)}::jsonb) as a("clientId" uuid, day date, operation text,
      outcome text, calls bigint, "bytesIn" bigint, "bytesOut" bigint, "msTotal" float8, "msMax" float8)
    join ${oauthClients} c on c.id = a."clientId"
    order by c.id, a.day, a.operation, a.outcome
    for key share of c
    on conflict (client_id, day, operation, outcome) do update set
      calls = ${u.calls} + excluded.calls,
      bytes_in = ${u.bytesIn} + excluded.bytes_in,
      bytes_out = ${u.bytesOut} + excluded.bytes_out,
      ms_total = ${u.msTotal} + excluded.ms_total,
      ms_max = greatest(${u.msMax}, excluded.ms_max)`)
}

/** Whether a tenant has, or has had, a client of this id. */
export async function isThere(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: oauthClients.id })
    .from(oauthClients)
    .where(and(eq(oauthClients.tenantId, tenantId), eq(oauthClients.id, id)))
  return rows.length > 0
}

/** The accounts of a client, by day. */
export function read(
  tx: Tx,
  { tenantId, clientId, from, to }: { tenantId: string; clientId: string; from: string; to: string },
): Promise<Account[]> {
  return tx
    .select()
    .from(clientUsage)
    .where(
      and(
        eq(clientUsage.tenantId, tenantId),
        eq(clientUsage.clientId, clientId),
        between(clientUsage.day, from, to),
      ),
    )
    .orderBy(asc(clientUsage.day), asc(clientUsage.operation))
}
