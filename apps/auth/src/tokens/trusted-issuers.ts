import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { principalKinds } from '@gatehouse/contracts/principal'
import type { TrustedIssuer } from './read-access-token.ts'
import type { TokenKeys } from './token-keys.ts'

/** The partner gateway, which signs tokens of partner clients with keys of its own. */
export interface PartnerIssuer {
  readonly issuer: string
  readonly jwksUrl: string
}

/** Whose tokens auth believes: its own, and of the partner gateway's those of partners, as far as partners may go. */
export function trustedIssuers(
  own: { readonly issuer: string; readonly keys: TokenKeys },
  partner: PartnerIssuer | undefined,
): readonly TrustedIssuer[] {
  const ours = { ...own, kinds: principalKinds, permissions: permissionNames }
  if (!partner) return [ours]
  const { issuer, jwksUrl: keys } = partner
  // Ours come last, and so first where a setting gives both one name.
  return [{ issuer, keys, kinds: ['partner_client'], permissions: partnerScopes }, ours]
}

/** The partner gateway as an issuer, where both settings are there. */
export const partnerIssuerOf = (
  issuer: string | undefined,
  jwksUrl: string | undefined,
): PartnerIssuer | undefined => (issuer && jwksUrl ? { issuer, jwksUrl } : undefined)
