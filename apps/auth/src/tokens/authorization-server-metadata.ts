import { getJwks } from '@gatehouse/contracts/jwks'
import { permissionNames } from '@gatehouse/contracts/permissions'
import {
  type AuthorizationServerMetadata,
  exchangeToken,
  introspectToken,
  revokeToken,
  tokenExchangeGrant,
} from '@gatehouse/contracts/tokens'

/** All three ask for the token of a service account. */
const authMethods = ['Bearer']

/** What an OAuth 2 client has to know of this server (RFC 8414). */
export const authorizationServerMetadata = (issuer: string): AuthorizationServerMetadata => ({
  issuer,
  jwks_uri: `${issuer}${getJwks.url}`,
  token_endpoint: `${issuer}${exchangeToken.url}`,
  token_endpoint_auth_methods_supported: authMethods,
  introspection_endpoint: `${issuer}${introspectToken.url}`,
  introspection_endpoint_auth_methods_supported: authMethods,
  revocation_endpoint: `${issuer}${revokeToken.url}`,
  revocation_endpoint_auth_methods_supported: authMethods,
  scopes_supported: permissionNames,
  // There is no authorization endpoint, and so nothing that it could answer.
  response_types_supported: [],
  grant_types_supported: [tokenExchangeGrant],
  service_documentation: `${issuer}/api/docs`,
})
