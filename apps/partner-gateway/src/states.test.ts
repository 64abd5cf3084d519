import { connect } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { createRevocationList } from '@gatehouse/events/revocation-list'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { like, sql } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { harness } from './clients/harness.ts'
import { askWhetherActive } from './directory.ts'
import { createKnownTenants } from './known-tenants.ts'

const directory = connect({ url: inject('directoryDatabaseUrl'), poolSize: 1, applicationName: 'test' })
afterAll(directory.close)

/** What the services have told of, as every process hears it. */
const revocations = createRevocationList(Date.now)
const feed = { isRevoked: revocations.has, isFresh: () => true }

const { as: asService } = await createTestIssuer(inject('issuerKey'))
const { authorization } = await asService({
  kind: 'service',
  subject: 'partner-gateway',
  permissions: ['tenants:read', 'platform:read'],
})
const isTenantActive = createKnownTenants({
  ...feed,
  ask: askWhetherActive(inject('directoryUrl'), async () => authorization.slice('Bearer '.length)),
  log: { info() {}, warn() {}, error() {} },
})
const { app, db, administrator, token } = await harness({
  ...feed,
  isTenantActive,
  narrow: async () => ({ token: 'narrow', expiresInSeconds: 300 }),
})

/** Hands on to the feed what the gateway has told. */
async function hear() {
  const told = await readInPlatform(db, (tx) =>
    tx.select().from(outbox).where(like(outbox.subject, 'revocation.%')),
  )
  for (const { subject, occurredAt } of told) revocations.add(subject, occurredAt)
}

async function newTenant() {
  const id = crypto.randomUUID()
  await directory.orm.execute(sql`
    insert into tenants (id, name, slug, type, country)
    values (${id}, 'Analytical Engines', ${`t-${id}`}, 'customer', 'GB')`)
  return id
}

/** A client that is known here, in a tenant of its own, with a token of it. */
async function partner() {
  const tenantId = await newTenant()
  const { call, create } = await administrator({ tenantId })
  const client = (await create()).json()
  const granted = await token(client)
  expect(granted.statusCode).toBe(200)
  return { tenantId, call, client, token: granted.json().access_token as string }
}
type Partner = Awaited<ReturnType<typeof partner>>

const tenantBecomes =
  (status: string) =>
  async ({ tenantId }: Partner) => {
    await directory.orm.execute(sql`update tenants set status = ${status} where id = ${tenantId}`)
    revocations.add(`revocation.directory.tenant.${tenantId}`, new Date())
  }

const states: readonly [string, (of: Partner) => Promise<void>][] = [
  ['the tenant is suspended', tenantBecomes('suspended')],
  ['the tenant is deleted', tenantBecomes('deleted')],
  [
    'the client is revoked',
    async ({ call, client }) => {
      await call('POST', `/${client.id}/revoke`)
      await hear()
    },
  ],
  [
    'the client is deleted',
    async ({ call, client }) => {
      await call('DELETE', `/${client.id}`)
      await hear()
    },
  ],
]

const oauth = (path: string, { client, ...of }: Partner) => {
  const credentials = { client_id: client.clientId, client_secret: client.clientSecret }
  const payload = { grant_type: 'client_credentials', token: of.token, ...credentials }
  return app.inject({ method: 'POST', url: `/api/partner/oauth/${path}`, payload })
}

/** Whether a partner gets through. */
const ways: readonly [string, (of: Partner) => Promise<boolean>][] = [
  ['asking for a token', async (of) => (await oauth('token', of)).statusCode === 200],
  ['asking about a token', async (of) => (await oauth('introspect', of)).json().active === true],
  [
    'calling the partner API',
    async ({ token }) => {
      const headers = { authorization: `Bearer ${token}` }
      return (await app.inject({ url: '/api/partner/v1/users', headers })).statusCode !== 401
    },
  ],
]

describe.each(ways)('%s', (_, getsThrough) => {
  let of: Partner
  beforeEach(async () => {
    of = await partner()
  })

  test('goes while all is well', async () => expect(await getsThrough(of)).toBe(true))

  test.each(states)('is refused once %s', async (_state, become) => {
    expect(await getsThrough(of)).toBe(true)
    await become(of)
    expect(await getsThrough(of)).toBe(false)
  })
})
