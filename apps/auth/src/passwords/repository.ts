import { type Orm, prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, sql } from 'drizzle-orm'
import type { StoredPassword } from '../passwords.ts'
import { credentials } from '../tables.ts'

const credentialByUser = prepared((tx) =>
  tx
    .select()
    .from(credentials)
    .where(eq(credentials.userId, sql.placeholder('userId')))
    .prepare('credential_by_user'),
)

/** What a person's password is checked against, if they have one; no tenant confines it. */
export async function credentialOf(tx: Orm, userId: string) {
  const [row] = await credentialByUser(tx).execute({ userId })
  return row
}

/** Keeps the same password in another form, unless it has been changed since `seen` was read. */
export async function rewriteCredential(
  tx: Tx,
  seen: { userId: string; passwordHash: string },
  { passwordHash, pepperId }: StoredPassword,
) {
  await tx
    .update(credentials)
    .set({ passwordHash, pepperId })
    .where(and(eq(credentials.userId, seen.userId), eq(credentials.passwordHash, seen.passwordHash)))
}

/**
 * Puts a password in the place of the one that was seen.
 * @returns the version of the credential that this made; undefined if it has been changed since
 */
export async function replaceCredential(
  tx: Tx,
  seen: { userId: string; version: number },
  { passwordHash, pepperId }: StoredPassword,
) {
  const [row] = await tx
    .update(credentials)
    .set({ passwordHash, pepperId, version: sql`${credentials.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(credentials.userId, seen.userId), eq(credentials.version, seen.version)))
    .returning({ version: credentials.version })
  return row?.version
}

/** Gives somebody a password, whether or not they have one. @returns the version of the credential that this made */
export async function setCredential(tx: Tx, userId: string, { passwordHash, pepperId }: StoredPassword) {
  const changed = { passwordHash, pepperId, version: sql`${credentials.version} + 1`, updatedAt: sql`now()` }
  const [row] = await tx
    .insert(credentials)
    .values({ userId, passwordHash, pepperId })
    .onConflictDoUpdate({ target: credentials.userId, set: changed })
    .returning({ version: credentials.version })
  return row?.version ?? 1
}
