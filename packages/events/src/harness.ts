import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database } from '@gatehouse/db/connect'
import { openConnection } from '@gatehouse/db/connection'
import { inTenant } from '@gatehouse/db/tenant'
import { findNatsServer, startNats } from '@gatehouse/local/nats/server'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { v7 as uuidv7 } from 'uuid'
import { inject, onTestFinished } from 'vitest'
import { consume } from './consumer.ts'
import type { DeliveredEvent, Handling } from './delivery.ts'
import type { Emission } from './envelope.ts'
import { connectNats, type Nats } from './nats.ts'
import { emit } from './outbox.ts'
import { startRelay } from './relay.ts'
import { ensureStreams } from './streams.ts'

export const silent = { info() {}, warn() {}, error() {} }

export const postgresUrl = () => inject('postgresUrl')

/** A database with nothing but an outbox and what is known of audit, and auth's two roles. */
export async function createOutboxDatabase() {
  const admin = new URL(inject('postgresUrl'))
  const name = `events_${randomBytes(6).toString('hex')}`
  await runOn(admin.href, `create database ${name} owner auth_owner`)
  const urlOf = (username: string) =>
    Object.assign(new URL(admin), { username, password: 'test', pathname: `/${name}` }).href
  const files = ['outbox', 'outbox-lanes', 'reconciliation', 'clearing'].map((file) =>
    join(import.meta.dirname, `../${file}.sql`),
  )
  for (const text of await Promise.all(files.map((file) => readFile(file, 'utf8'))))
    await runOn(urlOf('auth_owner'), ...text.split('--> statement-breakpoint'))
  const db = connect({ url: urlOf('auth_app'), poolSize: 20, applicationName: 'test' })
  onTestFinished(() => db.close())
  const adminUrl = Object.assign(new URL(admin), { pathname: `/${name}` }).href
  return { db, url: urlOf('auth_app'), adminUrl, asSuperuser: (...sql: string[]) => runOn(adminUrl, ...sql) }
}

/** A transaction of the superuser's in which the statement has run, open till the returned function is called. */
export async function hold(url: string, statement: string): Promise<() => Promise<void>> {
  const { sql, end } = await openConnection({ url, applicationName: 'holder', statementTimeoutMs: 0 })
  await sql.unsafe('begin')
  await sql.unsafe(statement)
  onTestFinished(end)
  return end
}

/** Emits the start of a session of its own. @returns the session's id */
export async function start(db: Database): Promise<string> {
  const session = uuidv7()
  await inTenant(db, tenant, (tx) => emit(tx, 'session.started', sessionStarted(session)))
  return session
}

/** Runs statements in a session of their own. @returns what the last one did */
async function runOn(url: string, ...statements: string[]) {
  const { sql, end } = await openConnection({ url, applicationName: 'test', statementTimeoutMs: 0 })
  try {
    let rows: readonly Record<string, unknown>[] = []
    for (const statement of statements) rows = await sql.unsafe(statement)
    return rows
  } finally {
    await end()
  }
}

export const password = 'test-password'
const passwords = Object.fromEntries(
  ['AUTH', 'DIRECTORY', 'AUDIT', 'PARTNER_GATEWAY', 'PROVISIONER'].map((user) => [
    `NATS_${user}_PASSWORD`,
    password,
  ]),
)

/**
 * A NATS server of a test's own, as it is shipped, with its streams; it can be killed and emptied.
 * @param atEnd takes what is to be done when nobody needs it any more, the last first
 */
export async function startOwnNats(atEnd: (end: () => Promise<void>) => void = onTestFinished) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'))
  const config = join(import.meta.dirname, '../../../infra/nats/nats-server.conf')
  const server = await startNats({
    binary: await findNatsServer(),
    config,
    env: passwords,
    folder,
    durable: false,
  })
  atEnd(async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const as = (service: Nats['service']): Nats => {
    const nats = connectNats({ url: server.url, user: service, password, service, log: silent })
    atEnd(nats.close)
    return nats
  }
  const provisioner = as('provisioner')
  let auth: Nats | undefined
  const ensure = () => ensureStreams(provisioner, { maxBytes: 64 * 1024 ** 2 })
  await ensure()
  return {
    ensureStreams: ensure,
    as,
    provisioner,
    url: server.url,
    kill: server.kill,
    /** Does nothing any more, with all its connections open, until it is woken. */
    freeze: () => process.kill(server.pid, 'SIGSTOP'),
    wake: () => process.kill(server.pid, 'SIGCONT'),
    start: server.start,
    manager: async (): Promise<JetStreamManager> =>
      jetstreamManager(await provisioner.connection(), { checkAPI: false }),
    /** Publishes as auth, without an outbox. */
    async publish(subject: string, body: string | Uint8Array = '') {
      auth ??= as('auth')
      return jetstream(await auth.connection()).publish(subject, body)
    },
    /** Where it keeps everything. */
    folder,
    /** Loses everything that it kept. */
    async empty() {
      await rm(join(folder, 'jetstream'), { recursive: true })
    },
  }
}
export type OwnNats = Awaited<ReturnType<typeof startOwnNats>>

/** Starts a relay that ends with the test. */
export function relayOf(options: Omit<Parameters<typeof startRelay>[0], 'log'>) {
  const relay = startRelay({ ...options, log: silent })
  onTestFinished(relay.stop)
  return relay
}

/** Consumes IDENTITY as audit does, till the test ends; `handled` is every event that came, in the order of coming. */
export function auditOf(nats: Nats, options: Partial<Parameters<typeof consume>[0]> = {}) {
  const handled: DeliveredEvent[] = []
  const handle: Handling['handle'] = async (events) => void handled.push(...events)
  const consumption = consume({ nats, log: silent, stream: 'IDENTITY', durable: 'audit', handle, ...options })
  onTestFinished(consumption.stop)
  const sessions = () => handled.map(({ envelope }) => envelope.subject.replace('session/', ''))
  return { ...consumption, handled, sessions }
}

/** An event of auth's, of a session of its own. */
export const sessionStarted = (session = uuidv7(), version = 1): Emission<'session.started'> => ({
  tenantId: tenant,
  actor: { type: 'user', id: uuidv7() },
  aggregate: { id: session, version },
  origin: {
    correlationId: 'test-correlation',
    sourceIp: '192.0.2.1',
    userAgent: 'test',
    traceparent: undefined,
  },
  data: { userId: uuidv7(), method: 'password', amr: ['pwd'] },
})

export const tenant = uuidv7()
