import type { ApiKey } from '@gatehouse/contracts/api-keys'
import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { apiKeys, mfaFactors } from '../tables.ts'

export type StoredKey = typeof apiKeys.$inferSelect

/** Whose keys a list is of: of everybody in a tenant, or of one person there. */
export interface Filter {
  readonly tenantId: string
  readonly userId: string | undefined
}

/** The place of a key in the order of lists: when it was created (RFC 3339), and its id. */
export type Position = readonly [createdAt: string, id: string]

const isLive = and(
  isNull(apiKeys.revokedAt),
  or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
)

export async function insert(tx: Tx, key: typeof apiKeys.$inferInsert): Promise<StoredKey> {
  const [row] = await tx.insert(apiKeys).values(key).returning()
  if (!row) throw new Error(`API key ${key.id} was not inserted`)
  return row
}

/** A part of the keys that are not deleted, newest first. */
export function page(
  tx: Tx,
  filter: Filter,
  { limit, after, offset }: { limit: number; after: Position | undefined; offset: number },
) {
  const older =
    after && sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
  return tx
    .select()
    .from(apiKeys)
    .where(and(matching(filter), older))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, filter: Filter) {
  const [row] = await tx.select({ total: count() }).from(apiKeys).where(matching(filter))
  return row?.total ?? 0
}

const matching = ({ tenantId, userId }: Filter) =>
  and(
    eq(apiKeys.tenantId, tenantId),
    userId === undefined ? undefined : eq(apiKeys.userId, userId),
    isNull(apiKeys.revokedAt),
  )

/** A key, whatever has become of it. */
export async function byId(tx: Tx, id: string) {
  const [row] = await tx.select().from(apiKeys).where(eq(apiKeys.id, id))
  return row
}

const liveKey = prepared((tx) =>
  tx
    .select({
      id: apiKeys.id,
      tenantId: apiKeys.tenantId,
      userId: apiKeys.userId,
      name: apiKeys.name,
      digest: apiKeys.digest,
      scopes: apiKeys.scopes,
      expiresAt: apiKeys.expiresAt,
      // Drizzle leaves the table of a column away where there is one alone; here it would be a column of the factor.
      ownerHasSecondFactor: sql<boolean>`(
        select count(*) > 0 from ${mfaFactors} f where f.user_id = ${apiKeys}.user_id and f.confirmed_at is not null
      )`,
    })
    .from(apiKeys)
    .where(and(eq(apiKeys.id, sql.placeholder('id')), isLive))
    .prepare('api_keys_live'),
)

/** A key that is neither deleted nor expired. */
export async function liveById(tx: Tx, id: string) {
  const [row] = await liveKey(tx).execute({ id })
  return row
}

/** Lets a live key go on until then and no longer. @returns it, or undefined if it isn't live */
export async function endAt(tx: Tx, id: string, time: Date) {
  const earlier = sql`least(coalesce(${apiKeys.expiresAt}, ${time.toISOString()}), ${time.toISOString()})`
  const [row] = await tx
    .update(apiKeys)
    .set({ expiresAt: earlier, version: sql`${apiKeys.version} + 1` })
    .where(and(eq(apiKeys.id, id), isLive))
    .returning()
  return row
}

/** Deletes a key. @returns it, or undefined if it was deleted before */
export async function revoke(tx: Tx, id: string) {
  const [row] = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, version: sql`${apiKeys.version} + 1` })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning()
  return row
}

/** Deletes the keys that a person has in a tenant. @returns those that were not deleted before */
export function revokeAll(tx: Tx, which: { userId: string; tenantId: string; createdBefore: Date }) {
  return tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, version: sql`${apiKeys.version} + 1` })
    .where(
      and(
        eq(apiKeys.userId, which.userId),
        eq(apiKeys.tenantId, which.tenantId),
        lt(apiKeys.createdAt, which.createdBefore),
        isNull(apiKeys.revokedAt),
      ),
    )
    .returning()
}

/** Takes note that keys are in use, of each once in a minute at most. */
export async function markUsed(tx: Tx, ids: readonly string[]) {
  const isDue = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, sql`now() - interval '1 min'`))
  await tx
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(and(inArray(apiKeys.id, [...ids]), isDue))
}

/** A key as it is shown ever after. */
export function shown({
  digest: _digest,
  version: _version,
  revokedAt: _revokedAt,
  ...key
}: StoredKey): ApiKey {
  return {
    ...key,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    expiresAt: key.expiresAt?.toISOString() ?? null,
  }
}
