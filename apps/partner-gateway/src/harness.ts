import { randomBytes } from 'node:crypto'
import type { Principal } from '@gatehouse/contracts/principal'
import { followSigningKey } from '@gatehouse/keys/follow-signing-key'
import { createSeal } from '@gatehouse/keys/seal'
import { createTestDatabase } from '@gatehouse/testing/database'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { afterAll } from 'vitest'
import { buildApp } from './app.ts'
import { createPartnerIssuer } from './issuer.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { createKnownClients } from './known-clients.ts'
import type { IsTenantActive } from './known-tenants.ts'
import { createLimits } from './limits/limits.ts'

const nowhere = 'http://127.0.0.1:9'

/**
 * The partner gateway on a database of its own, with no service behind it unless `services` says where. What is put into
 * `revoked` (the id of a client, or the `sid` of a token) the revocation feed has told of.
 */
export async function harness({
  services = {} as { auth?: string; directory?: string; audit?: string },
  isTenantActive = (() => true) as IsTenantActive,
} = {}) {
  const { db } = await createTestDatabase('partner-gateway')
  const testIssuer = await createTestIssuer()
  const server = serverOptions('partner-gateway', testIssuer)
  const revoked = new Set<string>()
  const isRevoked = (principal: Principal, issuedAt: number) =>
    [principal.id, principal.sessionId ?? ''].some((id) => revoked.has(id)) ||
    server.authentication.isRevoked(principal, issuedAt)
  const { log } = server

  const issuer = createPartnerIssuer(testIssuer.issuer)
  const keyEncryptionKey = randomBytes(32)
  const signing = followSigningKey({
    db,
    log,
    signer: issuer,
    keyEncryptionKey,
    seal: createSeal(keyEncryptionKey),
    periodSeconds: 30 * 86_400,
    onCreated: tellOfKey,
  })
  await signing.turn()

  /** A process of it, which shares nothing with others but the database. */
  const replica = async () => {
    const limits = createLimits({ db, log })
    const knownClients = createKnownClients({ db, log, isRevoked })
    const app = buildApp(
      { ...server, authentication: { ...server.authentication, isRevoked } },
      {
        db,
        issuer,
        knownClients,
        isTenantActive,
        limits,
        services: { auth: nowhere, directory: nowhere, audit: nowhere, ...services },
      },
    )
    afterAll(() => Promise.all([limits.stop(), knownClients.stop(), signing.stop()]))
    await app.ready()
    return { app, limits, knownClients }
  }
  return { ...(await replica()), db, replica, revoked, issuer: testIssuer, as: testIssuer.as }
}
