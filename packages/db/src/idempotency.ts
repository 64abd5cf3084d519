import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { eq, inArray, lt, sql } from 'drizzle-orm'
import { customType, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Tx } from './transaction.ts'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** What was done for a request that may come twice. Its SQL is in `idempotency.sql`. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Of who asked for what, and their key. */
    digest: digest().primaryKey(),
    bodyDigest: digest('body_digest').notNull(),
    /** What the answer is made from again; holds no secret. */
    result: jsonb().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** Who asked, whose the result is; empty for an anonymous client. */
    actorId: text('actor_id').notNull().default(''),
  },
  (t) => [
    index('idempotency_keys_old').on(t.createdAt),
    index('idempotency_keys_of_actor').on(t.actorId),
    index('idempotency_keys_of_result').on(sql`(result ->> 'id')`),
  ],
)

/** A request that its client may send again. */
export interface RepeatableRequest {
  /** The client's `Idempotency-Key`; without one the work is done each time. */
  readonly key: string | undefined
  /** Who asks, and in which tenant: nobody else's key is the same, whatever it says. Empty for an anonymous client. */
  readonly tenantId: string
  readonly actorId: string
  readonly method: string
  readonly path: string
  /** What is asked, as JSON. */
  readonly body: unknown
  /** Goes into the digest of the body, which may hold a password; 32 bytes. */
  readonly bodyKey: Uint8Array
  /** The error for a key that was used with another body. */
  reused(): Error
}

/** How long a request is remembered. */
const remembered = sql`interval '24 h'`
/** Each request with a key clears so many that are older away, so that they never pile up. */
const clearedAtOnce = 20

/**
 * Does `work` once for an `Idempotency-Key` in 24 h, in the caller's transaction: its effect and the memory of it are
 * there together or not at all. Of any number of requests at once one does it; the others wait for it and get the same
 * result. What `work` gives is stored as JSON, so no secret may be a part of it.
 * @throws what `reused` makes, for a key that came with another body before
 */
export async function once<T extends object>(
  tx: Tx,
  request: RepeatableRequest,
  work: () => Promise<T>,
): Promise<T> {
  if (request.key === undefined) return work()
  const { actorId } = request
  const entry = { digest: digestOf(request), bodyDigest: bodyDigestOf(request), actorId }
  const [isFirst] = await Promise.all([insert(tx, entry), clearOld(tx)])
  if (!isFirst) return earlierResult<T>(tx, entry, request)
  const result = await work()
  await tx.update(idempotencyKeys).set({ result }).where(eq(idempotencyKeys.digest, entry.digest))
  return result
}

type Entry = Pick<typeof idempotencyKeys.$inferSelect, 'digest' | 'bodyDigest' | 'actorId'>

/** Where another transaction has inserted the same key, this waits for its end. */
async function insert(tx: Tx, entry: Entry) {
  const blank = { ...entry, result: sql`'null'::jsonb`, createdAt: sql`now()` }
  const rows = await tx
    .insert(idempotencyKeys)
    .values(blank)
    .onConflictDoUpdate({ target: idempotencyKeys.digest, set: blank, setWhere: isOld })
    .returning({ digest: idempotencyKeys.digest })
  return rows.length === 1
}

async function earlierResult<T>(tx: Tx, entry: Entry, { reused }: RepeatableRequest) {
  const [earlier] = await tx.select().from(idempotencyKeys).where(eq(idempotencyKeys.digest, entry.digest))
  if (!earlier || !timingSafeEqual(earlier.bodyDigest, entry.bodyDigest)) throw reused()
  return earlier.result as T
}

/** Forgets requests, whoever made them, that brought about what has one of these ids: a request that comes again is done again. */
export async function forgetResults(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.execute(sql`
    delete from ${idempotencyKeys}
    where result ->> 'id' in (select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`)
}

async function clearOld(tx: Tx) {
  const old = tx
    .select({ digest: idempotencyKeys.digest })
    .from(idempotencyKeys)
    .where(isOld)
    .orderBy(idempotencyKeys.createdAt)
    .limit(clearedAtOnce)
    .for('update', { skipLocked: true })
  await tx.delete(idempotencyKeys).where(inArray(idempotencyKeys.digest, old))
}

const isOld = lt(idempotencyKeys.createdAt, sql`now() - ${remembered}`)

const digestOf = ({ tenantId, actorId, method, path, key }: RepeatableRequest) =>
  createHash('sha256')
    .update(JSON.stringify([tenantId, actorId, method, path, key]))
    .digest()

const bodyDigestOf = ({ body, bodyKey }: RepeatableRequest) =>
  createHmac('sha256', bodyKey)
    .update(JSON.stringify(body) ?? '')
    .digest()
