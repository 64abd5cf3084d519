import { customType, index, jsonb, pgTable, timestamp } from 'drizzle-orm/pg-core'

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
  },
  (t) => [index('idempotency_keys_old').on(t.createdAt)],
)
