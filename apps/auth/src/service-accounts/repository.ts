import type { Permission } from '@gatehouse/contracts/permissions'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq } from 'drizzle-orm'
import { serviceAccounts, serviceSecrets } from '../tables.ts'

/** The account that a secret's digest opens. */
export async function bySecret(tx: Tx, name: string, digest: Buffer) {
  const [row] = await tx
    .select({ name: serviceAccounts.name, permissions: serviceAccounts.permissions })
    .from(serviceSecrets)
    .innerJoin(serviceAccounts, eq(serviceAccounts.name, serviceSecrets.serviceName))
    .where(and(eq(serviceSecrets.digest, digest), eq(serviceSecrets.serviceName, name)))
  return row
}

/** Makes the account, or gives it these permissions, and lets it in with this secret too. */
export async function upsert(tx: Tx, account: { name: string; permissions: Permission[]; digest: Buffer }) {
  const { name, permissions, digest } = account
  await tx
    .insert(serviceAccounts)
    .values({ name, permissions })
    .onConflictDoUpdate({ target: serviceAccounts.name, set: { permissions } })
  await tx.insert(serviceSecrets).values({ digest, serviceName: name }).onConflictDoNothing()
}
