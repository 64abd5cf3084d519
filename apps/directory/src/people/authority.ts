import type { Authority } from '@gatehouse/contracts/internal'
import { isPermission } from '@gatehouse/contracts/permissions'
import { effectiveSettings } from '../effective-settings.ts'
import type { Membership, Person } from './repository.ts'

/**
 * Who someone is and what they may do in one of their tenants: the one asked for, else the first in which they can do
 * anything. Undefined if they are not a member of it.
 */
export function authorityOf(person: Person, tenantId: string | undefined): Authority | undefined {
  const active = tenantId === undefined ? firstUsable(person) : person.memberships.find(isOf(tenantId))
  if (!active) return undefined
  const { locale, features, branding } = effectiveSettings(active.settings)
  const { id, email, emailVerified, firstName, lastName, status, createdAt, updatedAt, lastLoginAt } =
    person.user
  return {
    user: {
      id,
      email,
      emailVerified,
      firstName,
      lastName,
      status: status === 'active' ? active.status : status,
      tenantId: active.id,
      roles: active.roles,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
      lastLoginAt: lastLoginAt?.toISOString() ?? null,
    },
    tenants: person.memberships.map(({ id, name, roles }) => ({ id, name, roles })),
    permissions: active.permissions.filter(isPermission),
    tenant: {
      name: active.name,
      status: active.tenantStatus,
      locale,
      mfaRequired: features.mfaRequired,
      branding,
    },
  }
}

const isOf =
  (tenantId: string) =>
  ({ id }: Membership) =>
    id === tenantId

const firstUsable = ({ memberships }: Person) =>
  memberships.find(({ status, tenantStatus }) => status === 'active' && tenantStatus === 'active') ??
  memberships[0]
