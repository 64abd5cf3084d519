import type { Permission } from './permissions.ts'

/** The tenant that the platform itself is: its administrators are members of it, and services act in it. */
export const platformTenantId = '00000000-0000-7000-8000-000000000000'

export const principalKinds = ['user', 'service', 'api_key', 'partner_client'] as const
export type PrincipalKind = (typeof principalKinds)[number]

/** The `sid` of a partner client's token: of the secret that it was given for, and of the token itself. Either can be revoked. */
export const partnerSessionOf = (secretId: string, tokenId: string) => `${secretId}.${tokenId}`

export function partsOfPartnerSession(sessionId: string) {
  const [secretId = '', tokenId = ''] = sessionId.split('.')
  return { secretId, tokenId }
}

/** Who is calling, and in which tenant. The only source of a tenant id. */
export interface Principal {
  readonly kind: PrincipalKind
  /** The token's `sub`: a user's or client's id, or a service's name. */
  readonly id: string
  /** The token's active tenant (`tid`). */
  readonly tenantId: string
  /** The token's `sid`, for a person, and for a partner's client (see `partnerSessionOf`). */
  readonly sessionId: string | undefined
  readonly permissions: ReadonlySet<Permission>
  /** The token's `own`: the person whom an API key acts for. */
  readonly ownerId?: string | undefined
  /** The token's active tenant, while its bearer acts in `tenantId` as an administrator of the platform. */
  readonly homeTenantId?: string | undefined
  /** The token's `act`: the services that the call came through (RFC 8693, section 4.1), the last one first. */
  readonly actors?: readonly string[] | undefined
}
