import type { Authority } from '@gatehouse/contracts/internal'
import { isPermission } from '@gatehouse/contracts/permissions'
import { userNotFound } from '../errors.ts'
import type { personById } from './repository.ts'

const defaultLocale = 'en'

type Person = NonNullable<Awaited<ReturnType<typeof personById>>>

/**
 * Who someone is and what they may do in one of their tenants: the one asked for, else the one they joined first.
 * @throws userNotFound if they are not a member of it
 */
export function authorityOf(person: Person, tenantId: string | undefined): Authority {
  const active = person.memberships.find(({ id }) => tenantId === undefined || id === tenantId)
  if (!active) throw userNotFound()
  const { branding } = active.settings
  const { id, email, emailVerified, firstName, lastName, status, createdAt, updatedAt, lastLoginAt } =
    person.user
  return {
    user: {
      id,
      email,
      emailVerified,
      firstName,
      lastName,
      status,
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
      status: active.status,
      locale: active.settings.locale ?? defaultLocale,
      mfaRequired: active.settings.features?.mfaRequired ?? false,
      branding: {
        logoUrl: branding?.logoUrl ?? null,
        faviconUrl: branding?.faviconUrl ?? null,
        primaryColor: branding?.primaryColor ?? null,
        secondaryColor: branding?.secondaryColor ?? null,
      },
    },
  }
}
