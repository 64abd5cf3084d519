import type { UpdatePartnerClient } from '@gatehouse/contracts/partner-clients'
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

/** A client of a tenant. */
export async function byId(tx: Tx, tenantId: string, id: string): Promise<Client | undefined> {
  const [row] = await tx.select().from(oauthClients).where(isClient(tenantId, id))
  return row
}

/** A client of a tenant, which nobody else changes until the transaction ends. */
export async function lock(tx: Tx, tenantId: string, id: string): Promise<Client | undefined> {
  const [row] = await tx.select().from(oauthClients).where(isClient(tenantId, id)).for('update')
  return row
}

const isClient = (tenantId: string, id: string) =>
  and(eq(oauthClients.tenantId, tenantId), eq(oauthClients.id, id))

/** Changes a client that is locked, and counts the change, of its secrets too. */
export async function update(
  tx: Tx,
  { id, tenantId }: Pick<Client, 'id' | 'tenantId'>,
  changes: UpdatePartnerClient,
): Promise<Client> {
  return written(
    await tx
      .update(oauthClients)
      .set({ ...changes, ...counted })
      .where(isClient(tenantId, id))
      .returning(),
  )
}

/** The time of the change itself, not of the beginning of its transaction: see `lately`. */
const counted = { version: sql`${oauthClients.version} + 1`, updatedAt: sql`clock_timestamp()` }

export async function markRevoked(tx: Tx, { id, tenantId }: Client): Promise<Client> {
  return written(
    await tx
      .update(oauthClients)
      .set({ revokedAt: sql`now()`, ...counted })
      .where(isClient(tenantId, id))
      .returning(),
  )
}

function written([row]: Client[]): Client {
  if (!row) throw new Error('The client was not there any more, though it is locked.')
  return row
}

/** Deletes a client, with its secrets and whatever is counted of it. */
export async function remove(tx: Tx, { id, tenantId }: Client) {
  await tx.delete(oauthClients).where(isClient(tenantId, id))
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
