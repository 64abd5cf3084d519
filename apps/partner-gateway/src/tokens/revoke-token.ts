import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { tokenOfAnother } from '../errors.ts'
import type { PartnerIssuer } from '../issuer.ts'
import { type AuthenticationDeps, authenticateClient } from './authenticate-client.ts'
import type { Presented } from './client-authentication.ts'
import { readOwnToken } from './own-token.ts'
import { lockToken, revokedVersion } from './repository.ts'

export interface RevocationDeps extends AuthenticationDeps {
  readonly db: Database
  readonly issuer: PartnerIssuer
}

/**
 * Ends a token of the client that asks (RFC 7009): it is refused everywhere within a second. Nothing happens for what is no
 * token, or not any more.
 * @throws invalidClient
 * @throws tokenOfAnother
 */
export async function revokeToken(
  deps: RevocationDeps,
  { token: text, ...presented }: Presented & { readonly token: string },
  origin: Origin,
): Promise<void> {
  const { client } = await authenticateClient(deps, presented, origin)
  const token = await readOwnToken(deps, text)
  if (!token) return
  if (token.sub !== client.id) throw tokenOfAnother()
  const { tenantId } = client
  // In the platform's scope, in which the outbox can be read.
  await inPlatform(deps.db, async (tx) => {
    if (!(await lockToken(tx, token.jti))) return
    await revoke(tx, { tenantId, kind: 'partner_token', id: token.jti })
    await emit(tx, 'partner_token.revoked', {
      tenantId,
      actor: { type: 'partner_client', id: client.id },
      aggregate: { id: token.jti, version: revokedVersion },
      origin,
      data: { clientId: client.id },
    })
  })
}
