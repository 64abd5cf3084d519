import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import { type Permission, permissionNames, permissions } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import type { TestIssuer } from './tokens.ts'

/** A tenant of a service under test, with what routes can be about. */
export interface World {
  readonly tenantId: string
  readonly admin: string
  readonly member: string
  /**
   * What requests name: by the name of a parameter or of a field (`userId`), or, for `:id`, by the path before it
   * (`/api/users`).
   */
  readonly things: Readonly<Record<string, string>>
  /** Of the administrator's API key, or of a partner, where the service under test knows real ones; else a token of that kind does. */
  readonly credentials?: { readonly key?: Record<string, string>; readonly partner?: Record<string, string> }
  /** What people of other tenants must not be shown, besides the ids: names, addresses. */
  readonly secrets?: readonly string[]
}

/** Every kind of caller: those of the tenant that a request is about, those of another one, and the platform's. */
export const callers = [
  'nobody',
  'expired',
  'suspended',
  'member',
  'admin',
  'key',
  'partner',
  '~member',
  '~admin',
  '~key',
  '~partner',
  'service',
  'platform',
] as const
export type Caller = (typeof callers)[number]

/** Whether somebody has nothing to do with the tenant that a request is about. */
export const isOutside = (caller: Caller) => caller.startsWith('~')

const grantable = (...to: readonly string[]) =>
  permissionNames.filter((name) => to.includes(permissions[name].grantable))
const ofMembers: readonly Permission[] = ['users:read', 'roles:read', 'tenants:read']
const ofAdmins = grantable('tenant')

/** The credential of a caller: of the tenant in question, or, for those with a tilde, of another one. */
export async function credentialOf(
  { as, revoked }: TestIssuer,
  caller: Caller,
  { about, other }: { about: World; other: World },
): Promise<Record<string, string>> {
  const { tenantId, admin, member, credentials = {} } = isOutside(caller) ? other : about
  const administrator = { tenantId, subject: admin, permissions: ofAdmins }
  switch (caller) {
    case 'nobody':
      return {}
    case 'expired':
      return as({ ...administrator, expired: true })
    case 'suspended': {
      const subject = uuidv7()
      revoked.add(subject)
      return as({ ...administrator, subject })
    }
    case 'member':
    case '~member':
      return as({ tenantId, subject: member, permissions: ofMembers })
    case 'admin':
    case '~admin':
      return as(administrator)
    case 'key':
    case '~key':
      if (credentials.key) return credentials.key
      return as({ ...administrator, kind: 'api_key', subject: uuidv7(), ownerId: admin })
    case 'partner':
    case '~partner':
      if (credentials.partner) return credentials.partner
      return as({ tenantId, kind: 'partner_client', subject: uuidv7(), permissions: partnerScopes })
    case 'service':
      return as({ tenantId: platformTenantId, kind: 'service', permissions: grantable('service') })
    case 'platform':
      return as({ tenantId: platformTenantId, permissions: grantable('tenant', 'platform') })
  }
}
