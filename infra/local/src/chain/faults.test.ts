import { readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { pipeline } from 'node:stream'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { startChild } from '../processes/child.ts'
import { nodeOptions } from '../services/services.ts'
import { freePort } from '../state/ports.ts'
import {
  asProvisioner,
  asSuperuser,
  type Chain,
  expectWhole,
  load,
  metricOf,
  recordedOf,
  startChain,
} from './harness.ts'

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain?.stop())

const soon = { timeout: 15_000, interval: 20 }

const failed = (attempts: readonly { status: number }[]) =>
  attempts.filter(({ status }) => status === 0 || status >= 300)

/** Kills audit, and waits until there is another process. */
async function killAudit() {
  const { audit } = chain.platform.services
  const { pid } = audit
  audit.kill()
  await vi.waitFor(() => expect(audit.pid).not.toBe(pid), soon)
}

/**
 * Has PostgreSQL hold up whatever fires a trigger, until `release` is called.
 * @param when what fires it, as SQL has it, with its kind before
 */
async function holdUp(database: 'directory' | 'audit', kind: 'trigger' | 'constraint trigger', when: string) {
  const { run, end } = await asSuperuser(chain.platform, database)
  await run(`create function hold_up() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock_shared(1); return new; end'`)
  await run(`create ${kind} hold_up ${when} for each row execute function hold_up()`)
  await run('select pg_advisory_lock(1)')
  const waiting = async () => (await run(`select from pg_stat_activity where wait_event = 'advisory'`)).length
  return {
    /** Resolves when somebody is being held up. */
    isFull: () => vi.waitFor(async () => expect(await waiting()).toBeGreaterThan(0), soon),
    async release() {
      await run('select pg_advisory_unlock(1)')
      await run('drop function hold_up cascade')
      await end()
    },
  }
}

test('who is refused finds that in the log of their tenant, from whichever service', async () => {
  const { platform, token, tenantId } = chain
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const tenant = JSON.stringify({ name: 'Other', type: 'customer', country: 'GB' })
  const refused = await fetch(`${platform.url}/api/tenants`, { method: 'POST', headers, body: tenant })
  expect(refused.status).toBe(403)
  const missing = `${platform.services.audit.url}/api/internal/audit-logs/missing`
  expect((await fetch(missing, { method: 'POST', headers, body: '{}' })).status).toBe(403)
  const denied = async () => {
    const { data } = (await (
      await fetch(`${platform.url}/api/audit-logs?action=access.denied`, { headers })
    ).json()) as { data: { service: string; tenantId: string; metadata: object }[] }
    return data
  }
  await vi.waitFor(
    async () => expect((await denied()).map(({ service }) => service).sort()).toEqual(['audit', 'directory']),
    soon,
  )
  for (const entry of await denied())
    expect(entry).toMatchObject({ tenantId, metadata: { status: 403, reason: 'auth.forbidden', count: 1 } })
})

test('F2: what a killed relay had sent and not noted is sent twice, and is in the log once', async () => {
  const { platform } = chain
  const provisioner = await asProvisioner(chain)
  await provisioner.forgetSoon()
  const { isFull, release } = await holdUp('directory', 'trigger', 'before update on outbox')
  const { pass, stop } = load(chain)
  await pass(10)
  const attempts = await stop()
  await isFull()
  // That they are in the log shows that the stream has acknowledged them.
  await vi.waitFor(async () => expect((await recordedOf(chain)).length).toBeGreaterThan(0), soon)
  platform.services.directory.kill()
  await release()
  await expectWhole(chain, attempts)
  await vi.waitFor(async () => expect(await provisioner.duplicates()).toBeGreaterThan(0), soon)
  await expectWhole(chain, attempts)
  await provisioner.end()
}, 40_000)

test('F2: what a killed audit had committed and not acknowledged comes again, and is in the log once', async () => {
  const { platform } = chain
  const provisioner = await asProvisioner(chain)
  await provisioner.redeliverSoon()
  const before = (await recordedOf(chain)).length
  const redeliveries = await provisioner.redeliveries()
  const { isFull, release } = await holdUp(
    'audit',
    'constraint trigger',
    'after update of size on trees deferrable initially deferred',
  )
  const { pass, stop } = load(chain)
  await pass(10)
  const attempts = await stop()
  await isFull()
  // Its commit is under way: it will be done, and audit never hear of it.
  process.kill(platform.services.audit.pid, 'SIGSTOP')
  await release()
  await vi.waitFor(async () => expect((await recordedOf(chain)).length).toBeGreaterThan(before), soon)
  await killAudit()
  await expectWhole(chain, attempts)
  await vi.waitFor(async () => expect(await provisioner.redeliveries()).toBeGreaterThan(redeliveries), soon)
  await expectWhole(chain, attempts)
  await provisioner.end()
}, 40_000)

test('audit killed at any moment, and PostgreSQL cut off under it, leave each event in the log once', async () => {
  const { platform } = chain
  const { pass, stop } = load(chain)
  for (let times = 0; times < 3; times++) {
    await pass(10 + Math.floor(Math.random() * 20))
    await killAudit()
  }
  for (let times = 0; times < 2; times++) {
    await pass(20)
    await platform.postgres?.stop(0)
  }
  await pass(20)
  await expectWhole(chain, await stop())
}, 60_000)

test('F3: while NATS is killed again and again nobody gets an error, and everything is in the log when it is back', async () => {
  const { pass, stop } = load(chain)
  await pass(20)
  for (let times = 0; times < 3; times++) {
    await chain.platform.nats?.kill()
    await pass(40)
  }
  const attempts = await stop()
  expect(failed(attempts)).toEqual([])
  await expectWhole(chain, attempts)
}, 40_000)

test('F3: when NATS has lost its volume, all that was on its way arrives by itself', async () => {
  const { platform, folder } = chain
  const { pass, stop } = load(chain)
  await pass(20)
  // Audit takes nothing any more, and what has reached it goes with it.
  process.kill(platform.services.audit.pid, 'SIGSTOP')
  await pass(60)
  await platform.nats?.kill()
  await rm(join(folder, 'nats/jetstream'), { recursive: true })
  await killAudit()
  await pass(20)
  const attempts = await stop()
  expect(failed(attempts)).toEqual([])
  await expectWhole(chain, attempts)
  expect(await metricOf(chain, 'directory', 'outbox_missing_events_total')).toBeGreaterThan(0)
}, 60_000)

test('a durable consumer and a stream that somebody deletes under load are made anew, and nothing is missing', async () => {
  const provisioner = await asProvisioner(chain)
  const { pass, stop } = load(chain)
  await pass(10)
  await provisioner.deleteConsumer()
  await pass(20)
  await provisioner.deleteStream()
  await pass(20)
  const attempts = await stop()
  expect(failed(attempts)).toEqual([])
  await expectWhole(chain, attempts)
  await provisioner.end()
}, 60_000)

test('while NATS has no room left nobody gets an error, metrics tell of what waits, and all of it is in the log once there is room', async () => {
  const provisioner = await asProvisioner(chain)
  const giveRoom = await provisioner.fillUp()
  const { pass, stop } = load(chain)
  await pass(40)
  const attempts = await stop()
  const waits = async () => ({
    events: await metricOf(chain, 'directory', 'outbox_unsent_events'),
    seconds: await metricOf(chain, 'directory', 'outbox_oldest_unsent_seconds'),
  })
  const inMetrics = { ...soon, interval: 100 }
  await vi.waitFor(async () => expect((await waits()).events).toBeGreaterThanOrEqual(40), inMetrics)
  expect((await waits()).seconds).toBeGreaterThan(0)
  expect((await fetch(`${chain.platform.services.directory.url}/ready`)).status).toBe(200)
  expect(failed(attempts)).toEqual([])
  await giveRoom()
  await expectWhole(chain, attempts)
  await vi.waitFor(async () => expect((await waits()).events).toBe(0), inMetrics)
  await provisioner.end()
}, 60_000)

test('a service that starts before its database is alive, says at /ready that it lacks it, and is ready by itself once it is there', async () => {
  const { folder } = chain
  const [port, databasePort] = [await freePort(), await freePort()]
  const settings = parseEnv(await readFile(join(folder, 'settings/directory.env'), 'utf8'))
  const database = new URL(settings['DATABASE_URL'] ?? '')
  const elsewhere = Object.assign(new URL(database), { port: databasePort }).href
  const service = await startChild({
    command: execPath,
    args: [...nodeOptions, join(import.meta.dirname, '../../../../apps/directory/src/main.ts')],
    env: { ...settings, PORT: `${port}`, DATABASE_URL: elsewhere },
    stopSignal: 'TERM',
    onLine() {},
  })
  onTestFinished(() => service.stop(5_000))
  const url = `http://127.0.0.1:${port}`
  await vi.waitFor(async () => expect((await fetch(`${url}/health`)).status).toBe(200), soon)
  const missing = async () => {
    const answer = await fetch(`${url}/ready`)
    const { errors } = (await answer.json()) as { errors?: { path: string }[] }
    return { status: answer.status, missing: errors?.map(({ path }) => path) ?? [] }
  }
  expect(await missing()).toMatchObject({ status: 503, missing: expect.arrayContaining(['database']) })

  const arrival = createServer((client) => {
    const server = connect(Number(database.port), database.hostname)
    pipeline(client, server, client, () => {})
  })
  arrival.listen(databasePort, '127.0.0.1')
  onTestFinished(async () => void arrival.close())
  await vi.waitFor(async () => expect(await missing()).toEqual({ status: 200, missing: [] }), {
    timeout: 30_000,
    interval: 100,
  })
}, 60_000)
