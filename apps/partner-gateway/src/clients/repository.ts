import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, lt } from 'drizzle-orm'
import { clientSecrets, oauthClients } from '../tables.ts'

export type Client = typeof oauthClients.$inferSelect

export async function insert(
  tx: Tx,
  client: typeof oauthClients.$inferInsert,
  secretDigest: Buffer,
): Promise<Client> {
  const [row] = await tx.insert(oauthClients).values(client).returning()
  if (!row) throw new Error(`client ${client.id} was not inserted`)
  await tx
    .insert(clientSecrets)
    .values({ digest: secretDigest, tenantId: client.tenantId, clientId: client.id })
  return row
}

/** A part of a tenant's clients, newest first. */
export function page(
  tx: Tx,
  tenantId: string,
  { limit, after, offset }: { limit: number; after: string | undefined; offset: number },
) {
  return tx
    .select()
    .from(oauthClients)
    .where(
      and(eq(oauthClients.tenantId, tenantId), after === undefined ? undefined : lt(oauthClients.id, after)),
    )
    .orderBy(desc(oauthClients.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select({ total: count() })
    .from(oauthClients)
    .where(eq(oauthClients.tenantId, tenantId))
  return row?.total ?? 0
}
