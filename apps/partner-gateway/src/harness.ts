import { randomBytes } from 'node:crypto'
import type { NarrowToken } from '@gatehouse/client/ask-auth'
import type { PartnerClient } from '@gatehouse/contracts/partner-clients'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { recordDenials, toOutbox } from '@gatehouse/events/denials'
import type { Log } from '@gatehouse/events/log'
import { followSigningKey } from '@gatehouse/keys/follow-signing-key'
import { publishedKeys } from '@gatehouse/keys/published-keys'
import { createSeal } from '@gatehouse/keys/seal'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepPlans } from '@gatehouse/testing/plan-sweep'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { createThrottle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import { afterAll } from 'vitest'
import { buildApp } from './app.ts'
import { recordCalls } from './calls/record-calls.ts'
import { keptOf } from './clients/secret.ts'
import { createPartnerIssuer, type PartnerIssuer, partnerAudience } from './issuer.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { createKnownClients } from './known-clients.ts'
import type { IsTenantActive } from './known-tenants.ts'
import { createLimits } from './limits/limits.ts'
import type { IsTenantThere } from './reach.ts'
import { clientSecrets, oauthClients } from './tables.ts'
import { introspectOwn } from './tokens/examine-token.ts'
import { keepAccount } from './usage/account.ts'

const nowhere = 'http://127.0.0.1:9'

/**
 * The partner gateway on a database of its own, with no service behind it unless `services` says where. What is put into
 * `revoked` (the id of a client, or the `sid` of a token) the revocation feed has told of.
 */
export async function harness({
  services = {} as { auth?: string; directory?: string; audit?: string },
  isTenantActive = (() => true) as IsTenantActive,
  isTenantThere = (async () => true) as IsTenantThere,
  /** Whether the revocation feed has told of everything. */
  isFresh = (() => true) as () => boolean,
  narrow = (async () => undefined) as NarrowToken,
  trustedProxies = [] as readonly string[],
  upstreamTimeoutMs = 10_000,
  /** What the revocation feed tells besides. */
  isRevoked: isTold = (() => false) as (principal: Principal, issuedAt: number) => boolean,
} = {}) {
  const { db, url } = await createTestDatabase('partner-gateway')
  const own = sweepPlans(db, { url, small: ['signing_keys'] })
  const testIssuer = await createTestIssuer()
  const server = serverOptions('partner-gateway', testIssuer)
  const revoked = new Set<string>()
  const isRevoked = (principal: Principal, issuedAt: number) =>
    [principal.id, principal.sessionId ?? ''].some((id) => revoked.has(id)) ||
    isTold(principal, issuedAt) ||
    server.authentication.isRevoked(principal, issuedAt)
  const { log } = server

  const { issuer, partners, keys } = await partnerIssuer(db, testIssuer.issuer, log)

  const secrets = { secretKey: randomBytes(32), requestKey: randomBytes(32) }

  /** A process of it, which shares nothing with others but the database. */
  const replica = async () => {
    const limits = createLimits({ db: own, log })
    const knownClients = createKnownClients({ db: own, log, isRevoked })
    const account = keepAccount({ db: own, log })
    const calls = recordCalls({ db: own, log })
    const denials = recordDenials({ service: 'partner-gateway', write: toOutbox(own), log })
    const introspect = introspectOwn({ db: own, issuer, isTenantActive })
    const partnerFeed = { keys, isRevoked, isFresh, introspect }
    const app = buildApp(
      {
        ...server,
        authentication: { ...server.authentication, isRevoked },
        partnerAuthentication: { issuer: issuer.url, audiences: [partnerAudience], ...partnerFeed },
        trustedProxies,
        onDenied: denials.note,
      },
      {
        db: own,
        issuer,
        knownClients,
        isTenantActive,
        isTenantThere,
        limits,
        throttle: createThrottle(db),
        clearRemnants: async () => {},
        ...secrets,
        noteCall: (call) => {
          account.count(call)
          calls.note(call)
        },
        narrow,
        upstreamTimeoutMs,
        services: { auth: nowhere, directory: nowhere, audit: nowhere, ...services },
      },
    )
    const closers = [limits, knownClients, account, calls, denials]
    afterAll(() => Promise.all(closers.map(({ stop }) => stop())))
    await app.ready()
    return { app, limits, knownClients, account, calls, denials }
  }

  return {
    ...(await replica()),
    db,
    replica,
    revoked,
    partner: partnerOf(db, issuer),
    partners,
    issuer: testIssuer,
    as: testIssuer.as,
  }
}

/** Makes a client that is there, and headers with a token of it. */
const partnerOf =
  (db: Database, issuer: PartnerIssuer) =>
  async (more: Partial<typeof oauthClients.$inferInsert> = {}) => {
    const client = { ...newClient(), ...more }
    const secret = { id: uuidv7(), ...keptOf('secret'), tenantId: client.tenantId, clientId: client.id }
    await inTenant(db, client.tenantId, async (tx) => {
      await tx.insert(oauthClients).values(client)
      await tx.insert(clientSecrets).values(secret)
    })
    const { text } = issuer.issue({ client, scopes: client.scopes, secretId: secret.id })
    return { ...client, headers: { authorization: `Bearer ${text}` } }
  }

const newClient = () => ({
  id: uuidv7(),
  clientId: uuidv7(),
  tenantId: uuidv7(),
  name: 'Difference Ltd',
  scopes: ['users:read', 'roles:read', 'tenants:read'] as PartnerClient['scopes'],
  rateLimitPerMinute: 600,
  allowedIps: [],
})

/** The issuer of partners' tokens with its key, and `partners` with another key of it, for tokens that it would not issue. */
async function partnerIssuer(db: Database, platformUrl: string, log: Log) {
  const issuer = createPartnerIssuer(platformUrl)
  const signing = followSigningKey({
    db,
    log,
    signer: issuer,
    seal: createSeal(randomBytes(32)),
    periodSeconds: 30 * 86_400,
    onCreated: tellOfKey,
  })
  await signing.turn()
  afterAll(signing.stop)
  const partners = await createTestIssuer(undefined, { issuer: issuer.url, audience: partnerAudience })
  return { issuer, partners, keys: async () => [...(await publishedKeys(db)), ...partners.jwks] }
}
