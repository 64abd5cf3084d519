import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/events'
import { openConnection } from '@gatehouse/db/connection'
import { connectNats } from '@gatehouse/events/nats'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { emptyTree, grow, hashLeaf } from '@gatehouse/ledger/tree'
import { jetstreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { expect, onTestFinished, vi } from 'vitest'
import { type Platform, startPlatform } from '../platform.ts'

/** A platform of its own, and a person who administers a tenant of theirs there. */
export async function startChain() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-chain-'))
  const platform = await startPlatform({ folder, durable: false })
  const credentials = {
    email: `${crypto.randomUUID()}@people.example`,
    password: 'correct horse battery staple',
  }
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${platform.url}/api/auth${path}`, request)
    expect(answer.ok).toBe(true)
    return (await answer.json()) as { accessToken: string; user: { tenantId: string } }
  }
  const { accessToken, user } = await post('/register', {
    ...credentials,
    firstName: 'Ada',
    lastName: 'Lovelace',
    companyName: 'Analytical Engines',
    country: 'GB',
  })
  return {
    folder,
    platform,
    token: accessToken,
    tenantId: user.tenantId,
    /** Another token for the same person: one lives for ten minutes. */
    signIn: async () => (await post('/login', credentials)).accessToken,
    async stop() {
      await platform.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type Chain = Awaited<ReturnType<typeof startChain>>

/** Runs statements as PostgreSQL's superuser, in one session that stays open until `end`. */
export async function asSuperuser({ databaseUrl }: Platform, database: 'directory' | 'audit') {
  const url = Object.assign(new URL(databaseUrl), { pathname: `/gatehouse_${database}` }).href
  const { sql, end } = await openConnection({ url, applicationName: 'test', statementTimeoutMs: 0 })
  const run = async (statement: string): Promise<readonly Record<string, unknown>[]> => sql.unsafe(statement)
  return { run, end }
}

async function rowsOf(platform: Platform, database: 'directory' | 'audit', statement: string) {
  const { run, end } = await asSuperuser(platform, database)
  return run(statement).finally(end)
}

/** A number that a service shows at `/metrics`. */
export async function metricOf({ platform }: Chain, service: ServiceName, name: string): Promise<number> {
  const metrics = await (await fetch(`${platform.services[service].url}/metrics`)).text()
  return Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(metrics)?.[1])
}

/** What the streams can be told and asked by whoever made them. */
export async function asProvisioner({ folder, platform }: Chain) {
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))
  const log = { info() {}, warn() {}, error() {} }
  const nats = connectNats({
    url: platform.natsUrl,
    user: 'provisioner',
    password: secrets['provisioner.nats'],
    service: 'provisioner',
    log,
  })
  const manager = await jetstreamManager(await nats.connection(), { checkAPI: false })
  return {
    /** Has the stream take again what it was given a moment ago. */
    forgetSoon: () => manager.streams.update('IDENTITY', { duplicate_window: nanos(100) }),
    /** Has audit get again what it does not acknowledge in a moment. */
    redeliverSoon: () => manager.consumers.update('IDENTITY', 'audit', { ack_wait: nanos(1000) }),
    /** How many messages of the directory the stream has more than there were events. */
    async duplicates() {
      const subjects_filter = 'identity.directory.>'
      const { state } = await manager.streams.info('IDENTITY', { subjects_filter })
      const kept = Object.values(state.subjects ?? {}).reduce((sum, n) => sum + n, 0)
      const sent = await rowsOf(platform, 'directory', `select from outbox where subject like 'identity.%'`)
      return kept - sent.length
    },
    /** How often a message was given to audit again: deliveries count those, the place in the stream doesn't. */
    async redeliveries() {
      const { delivered } = await manager.consumers.info('IDENTITY', 'audit')
      return delivered.consumer_seq - delivered.stream_seq
    },
    /** Leaves IDENTITY no room for anything more. @returns what gives it back the room that it had */
    async fillUp() {
      const { max_bytes } = (await manager.streams.info('IDENTITY')).config
      await manager.streams.update('IDENTITY', { max_bytes: 1 })
      return () => manager.streams.update('IDENTITY', { max_bytes })
    },
    deleteConsumer: () => manager.consumers.delete('IDENTITY', 'audit'),
    deleteStream: () => manager.streams.delete('IDENTITY'),
    end: nats.close,
  }
}

/** The ids of what the log has of the directory's doings in the tenant. */
export const recordedOf = async ({ platform, tenantId }: Chain) =>
  (
    await rowsOf(
      platform,
      'audit',
      `select id::text from entries where tenant_id = '${tenantId}' and service = 'directory'`,
    )
  ).map(({ id }) => id)

/** What a client knows of a change that it asked for. */
export interface Attempt {
  readonly correlationId: string
  /** 0 when the connection broke off. */
  readonly status: number
  readonly ms: number
}

/** Makes a role and changes it three times, again and again, from several clients, until it is stopped. */
export function load({ platform, token, signIn }: Chain, clients = 4) {
  const attempts: Attempt[] = []
  let isStopped = false
  let bearer = Promise.resolve(token)
  const renewing = setInterval(() => {
    bearer = signIn()
  }, 5 * 60_000)

  const send = async (method: 'POST' | 'PATCH', path: string, body: object) => {
    const correlationId = crypto.randomUUID()
    const headers = {
      authorization: `Bearer ${await bearer}`,
      'content-type': 'application/json',
      'x-correlation-id': correlationId,
    }
    const request = { method, headers, body: JSON.stringify(body) }
    const since = performance.now()
    const answer = await fetch(`${platform.url}/api${path}`, request).catch(() => undefined)
    const json = await answer?.json().catch(() => undefined)
    attempts.push({ correlationId, status: answer?.status ?? 0, ms: performance.now() - since })
    return json as { readonly id?: string } | undefined
  }
  const client = async () => {
    while (!isStopped) {
      const name = `r${crypto.randomUUID()}`
      const role = await send('POST', '/roles', { name, displayName: name })
      for (let n = 0; n < 3 && role?.id; n++)
        await send('PATCH', `/roles/${role.id}`, { displayName: `${name} ${n}` })
    }
  }
  onTestFinished(() => {
    isStopped = true
    clearInterval(renewing)
  })
  const clientsDone = Promise.all(Array.from({ length: clients }, client))
  return {
    attempts,
    /** Resolves when so many more changes have been answered well. */
    async pass(changes: number) {
      const good = () => attempts.filter(({ status }) => status < 300 && status > 0).length
      const before = good()
      await vi.waitFor(() => expect(good()).toBeGreaterThanOrEqual(before + changes), {
        timeout: 15_000,
        interval: 20,
      })
    },
    async stop() {
      isStopped = true
      await clientsDone
      return attempts
    },
  }
}

/**
 * Waits until the log has everything that the directory told of, and proves that each change that was answered well is
 * there, that each is there once, that the versions of each role have no gap, and that the tenant's ledger is what its
 * entries hash to.
 */
export async function expectWhole(chain: Chain, attempts: readonly Attempt[], patienceMs = 30_000) {
  const { platform, tenantId } = chain
  const sent = await rowsOf(
    platform,
    'directory',
    `select event_id::text as id, payload->>'correlationid' as "correlationId", aggregate_id as role, aggregate_version as version
     from outbox where tenant_id = '${tenantId}' and subject like 'identity.%' order by aggregate_id, aggregate_version`,
  )
  const done = attempts.filter(({ status }) => status >= 200 && status < 300)
  const told = new Set(sent.map(({ correlationId }) => correlationId))
  expect(done.filter(({ correlationId }) => !told.has(correlationId))).toEqual([])
  for (const versions of Map.groupBy(sent, ({ role }) => role).values())
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, n) => n + 1))

  const ids = new Set(sent.map(({ id }) => id))
  const difference = async () => {
    const recorded = await recordedOf(chain)
    const lacking = ids.size - new Set(recorded.filter((id) => ids.has(id))).size
    return { lacking, tooMany: recorded.length - (ids.size - lacking) }
  }
  const patience = { timeout: patienceMs, interval: 100 }
  await vi.waitFor(async () => expect(await difference()).toEqual({ lacking: 0, tooMany: 0 }), patience)
  await expectLedgerOf(platform, tenantId)
}

async function expectLedgerOf(platform: Platform, tenantId: string) {
  const entries = await rowsOf(
    platform,
    'audit',
    `select id::text, tenant_id::text as "tenantId", leaf_index::int as "index", service, actor_type as "actorType",
       actor_id as "actorId", action, resource, resource_id as "resourceId", correlation_id as "correlationId",
       to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "occurredAt",
       translate(encode(origin_commitment, 'base64'), E'\\n', '') as "originCommitment",
       translate(encode(details_commitment, 'base64'), E'\\n', '') as "detailsCommitment"
     from entries where tenant_id = '${tenantId}' order by leaf_index`,
  )
  const [tree] = await rowsOf(
    platform,
    'audit',
    `select size::int, encode(frontier, 'hex') as frontier from trees where tenant_id = '${tenantId}'`,
  )
  const hashes = entries.map((entry) =>
    hashLeaf(leafBytes(entry as unknown as Parameters<typeof leafBytes>[0])),
  )
  const grown = grow(emptyTree, hashes).tree
  expect(tree).toEqual({ size: entries.length, frontier: Buffer.concat(grown.frontier).toString('hex') })
}
