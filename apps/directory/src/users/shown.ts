import type { User } from '@gatehouse/contracts/users'
import type { Member } from './repository.ts'

/** A person as the API shows them to their tenant. */
export function shown({ user, tenantId, status, roles }: Member): User {
  const { id, email, emailVerified, firstName, lastName, createdAt, updatedAt, lastLoginAt } = user
  return {
    id,
    email,
    emailVerified,
    firstName,
    lastName,
    status,
    tenantId,
    roles,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    lastLoginAt: lastLoginAt?.toISOString() ?? null,
  }
}
