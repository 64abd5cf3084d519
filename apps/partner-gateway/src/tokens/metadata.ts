import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import * as contract from '@gatehouse/contracts/partner-token'
import type { AuthorizationServerMetadata } from '@gatehouse/contracts/tokens'
import { authenticationMethods } from './authentication-methods.ts'

const authMethods = authenticationMethods.map(({ name }) => name)

/** What an OAuth 2 client of a partner has to know of this server (RFC 8414). */
export const serverMetadata = (platformUrl: string, issuer: string): AuthorizationServerMetadata => ({
  issuer,
  jwks_uri: `${platformUrl}${contract.getPartnerJwks.url}`,
  token_endpoint: `${platformUrl}${contract.issuePartnerToken.url}`,
  token_endpoint_auth_methods_supported: authMethods,
  introspection_endpoint: `${platformUrl}${contract.introspectPartnerToken.url}`,
  introspection_endpoint_auth_methods_supported: authMethods,
  revocation_endpoint: `${platformUrl}${contract.revokePartnerToken.url}`,
  revocation_endpoint_auth_methods_supported: authMethods,
  scopes_supported: [...partnerScopes],
  // There is no authorization endpoint, and so nothing that it could answer.
  response_types_supported: [],
  grant_types_supported: ['client_credentials'],
  service_documentation: `${platformUrl}/api/docs`,
})
