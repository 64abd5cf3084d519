import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, gt, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import { clientSecrets, oauthClients } from '../tables.ts'

export type Client = typeof oauthClients.$inferSelect
type Secret = typeof clientSecrets.$inferSelect

export async function insert(
  tx: Tx,
  client: typeof oauthClients.$inferInsert,
  secret: Pick<Secret, 'id' | 'digest' | 'lastFour'>,
): Promise<Client> {
  const [row] = await tx.insert(oauthClients).values(client).returning()
  if (!row) throw new Error(`client ${client.id} was not inserted`)
  await tx.insert(clientSecrets).values({ ...secret, tenantId: client.tenantId, clientId: client.id })
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

const live = (name: string, is: SQL) =>
  prepared((tx) =>
    tx
      .select({
        id: oauthClients.id,
        clientId: oauthClients.clientId,
        tenantId: oauthClients.tenantId,
        scopes: oauthClients.scopes,
        rateLimitPerMinute: oauthClients.rateLimitPerMinute,
        allowedIps: oauthClients.allowedIps,
        version: oauthClients.version,
        secret: { id: clientSecrets.id, digest: clientSecrets.digest, expiresAt: clientSecrets.expiresAt },
      })
      .from(oauthClients)
      .leftJoin(clientSecrets, and(eq(clientSecrets.clientId, oauthClients.id), isSecretLive))
      .where(and(is, isNull(oauthClients.revokedAt)))
      .prepare(name),
  )

const isSecretLive = or(isNull(clientSecrets.expiresAt), gt(clientSecrets.expiresAt, sql`now()`))

const liveClient = live('clients_live', eq(oauthClients.id, sql.placeholder('id')))
const liveClientByClientId = live(
  'clients_live_by_client_id',
  eq(oauthClients.clientId, sql.placeholder('clientId')),
)

/** A client that isn't revoked, a row for each of its live secrets. */
export const liveById = (tx: Tx, id: string) => liveClient(tx).execute({ id })

/** A client that isn't revoked, by its public identifier, a row for each of its live secrets. */
export const liveByClientId = (tx: Tx, clientId: string) => liveClientByClientId(tx).execute({ clientId })

const changedLately = prepared((tx) =>
  tx
    .select({ id: oauthClients.id, version: oauthClients.version })
    .from(oauthClients)
    .where(gt(oauthClients.updatedAt, sql`now() - interval '20 s'`))
    .prepare('clients_changed_lately'),
)

/**
 * The clients that were changed in the last 20 s, which is longer than the transaction of a change can take. What a
 * change writes as its time is `clock_timestamp()`, so that none which was committed in the last 10 s is missing.
 */
export const lately = (tx: Tx) => changedLately(tx).execute()
