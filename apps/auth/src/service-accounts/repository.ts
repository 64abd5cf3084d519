import type { Permission } from '@gatehouse/contracts/permissions'
import type { Tx } from '@gatehouse/db/tenant'
import { and, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { serviceAccounts, serviceSecrets } from '../tables.ts'

/** An account and the digests of its live secrets; undefined if there is none of that name. */
export async function byName(tx: Tx, name: string) {
  const rows = await tx
    .select({ permissions: serviceAccounts.permissions, digest: serviceSecrets.digest })
    .from(serviceAccounts)
    .leftJoin(serviceSecrets, eq(serviceSecrets.serviceName, serviceAccounts.name))
    .where(eq(serviceAccounts.name, name))
  const [first] = rows
  return (
    first && {
      name,
      permissions: first.permissions,
      digests: rows.flatMap(({ digest }) => (digest ? [digest] : [])),
    }
  )
}

/** Takes note that a secret is in use, to the hour. */
export async function touchSecret(tx: Tx, digest: Buffer) {
  await tx
    .update(serviceSecrets)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(serviceSecrets.digest, digest),
        or(isNull(serviceSecrets.lastUsedAt), lt(serviceSecrets.lastUsedAt, sql`now() - interval '1 hour'`)),
      ),
    )
}

/** Makes the account, or gives it these permissions; until the transaction ends nobody else does. */
export async function upsert(tx: Tx, { name, permissions }: { name: string; permissions: Permission[] }) {
  await tx
    .insert(serviceAccounts)
    .values({ name, permissions })
    .onConflictDoUpdate({ target: serviceAccounts.name, set: { permissions } })
}

/** Lets an account in with this secret too, in place of the oldest where there would be more than so many. */
export async function addSecret(tx: Tx, serviceName: string, digest: Buffer, live: number) {
  await tx.insert(serviceSecrets).values({ digest, serviceName }).onConflictDoNothing()
  const surplus = tx
    .select({ digest: serviceSecrets.digest })
    .from(serviceSecrets)
    .where(eq(serviceSecrets.serviceName, serviceName))
    .orderBy(desc(serviceSecrets.createdAt))
    .offset(live)
  await tx.delete(serviceSecrets).where(inArray(serviceSecrets.digest, surplus))
}
