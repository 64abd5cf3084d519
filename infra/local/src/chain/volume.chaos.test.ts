import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { serviceNames } from '@gatehouse/contracts/events'
import { connectNats } from '@gatehouse/events/nats'
import { jetstream } from '@nats-io/jetstream'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { asSuperuser, type Chain, metricOf, startChain } from './harness.ts'

// Large numbers of messages, with figures; not among the tests of every day: `pnpm chaos`.
const limit = { timeout: 20 * 60_000 }
const patience = { timeout: 10 * 60_000, interval: 500 }

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain?.stop())

const say = (line: string) => process.stdout.write(`${line}\n`)

async function sessionOn(database: 'directory' | 'audit') {
  const { run, end } = await asSuperuser(chain.platform, database)
  onTestFinished(end)
  return async <Row extends Record<string, unknown>>(statement: string) =>
    ((await run(statement))[0] ?? {}) as Partial<Row>
}

/** Publishes as auth, without its outbox. */
async function publisher() {
  const { platform, folder } = chain
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))
  const log = { info() {}, warn() {}, error() {} }
  const nats = connectNats({
    url: platform.natsUrl,
    user: 'auth',
    password: secrets['auth.nats'],
    service: 'auth',
    log,
  })
  onTestFinished(nats.close)
  const stream = jetstream(await nats.connection())
  return (body: string) => stream.publish('identity.auth.session.started', body)
}

const started = (more: object = {}) => ({
  specversion: '1.0',
  id: crypto.randomUUID(),
  source: 'urn:gatehouse:service:auth',
  type: 'session.started',
  subject: `session/${crypto.randomUUID()}`,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  dataversion: 1,
  tenantid: chain.tenantId,
  actortype: 'user',
  actorid: crypto.randomUUID(),
  correlationid: 'good',
  aggregateversion: 1,
  data: { userId: crypto.randomUUID(), method: 'password', amr: ['pwd'] },
  ...more,
})

/** What can't be an entry, and is laid aside. */
const poison = [
  () => '{"specversion":',
  () => JSON.stringify(started({ data: { userId: 7 } })),
  () => JSON.stringify(started({ tenantid: 'everybody' })),
  () => JSON.stringify(started({ source: 'urn:gatehouse:service:directory' })),
]
const newer = () => JSON.stringify(started({ dataversion: 99, correlationid: 'newer', data: { into: 'it' } }))
const tooLarge = 'x'.repeat(1_000_000)

test(
  'F14: a thousand of each kind of bad message among 100,000 hold up no good one for a second, and all have their cause',
  limit,
  async () => {
    const audit = await sessionOn('audit')
    const publish = await publisher()
    let refused = 0
    const round = () => [
      ...Array.from({ length: 100 }, () => () => publish(JSON.stringify(started()))),
      ...[...poison, newer].map((make) => () => publish(make())),
      async () => {
        await publish(tooLarge).catch(() => (refused += 1))
      },
    ]
    const since = performance.now()
    // A hundred good ones in each fifth of a second, less than audit can record.
    for (let n = 0; n < 1_000; n++) {
      await Promise.all(round().map((send) => send()))
      await delay(Math.max(0, since + (n + 1) * 200 - performance.now()))
    }
    const counts = () =>
      audit(`select (select count(*)::int from entries where correlation_id = 'good') as good,
        (select count(*)::int from entries where correlation_id = 'newer') as newer,
        (select count(*)::int from dead_letters where reason <> '') as bad`)
    await vi.waitFor(
      async () => expect(await counts()).toEqual({ good: 100_000, newer: 1_000, bad: 4_000 }),
      patience,
    )
    expect(refused).toBe(1_000)
    expect(await metricOf(chain, 'audit', 'audit_dead_letters_total')).toBe(4_000)
    // Until the batch that it is in is begun, which is when PostgreSQL takes the time.
    const { p99, max } = await audit<{
      p99: number
      max: number
    }>(`select max(ms), percentile_disc(0.99) within group (order by ms) as p99 from (
      select (extract(epoch from recorded_at - occurred_at) * 1000)::float8 as ms from entries
      where correlation_id = 'good') t`)
    const tenths = await audit<{
      all: string
    }>(`select string_agg(p99::text, ' ' order by tenth) as all from (
      select tenth, percentile_disc(0.99) within group (order by ms) as p99 from (
        select ntile(10) over (order by occurred_at) as tenth,
          (extract(epoch from recorded_at - occurred_at) * 1000)::int as ms
        from entries where correlation_id = 'good') t group by 1) t`)
    say(
      `F14: good events recorded after ${p99} ms (p99), ${max} ms at most; by tenths of the time ${tenths.all}`,
    )
    expect(p99).toBeLessThan(1_000)
  },
)

const emitting = (count: number) => `
  insert into outbox (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
  select id, 'identity.directory.role.updated', '${chain.tenantId}', 'role', id::text, 1, json_build_object(
    'specversion', '1.0', 'id', id, 'source', 'urn:gatehouse:service:directory', 'type', 'role.updated',
    'subject', 'role/' || id, 'datacontenttype', 'application/json', 'dataversion', 1,
    'tenantid', '${chain.tenantId}', 'actortype', 'user', 'actorid', id, 'correlationid', 'volume',
    'aggregateversion', 1, 'data', json_build_object('name', 'x'))
  from (select gen_random_uuid() as id from generate_series(1, ${count})) t`

/** Resident memory of each service. MiB. */
const memory = async () =>
  Promise.all(
    serviceNames.map(async (name) => {
      const status = await readFile(`/proc/${chain.platform.services[name].pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    }),
  )

test.each(['audit', 'NATS'])(
  'F6: while %s does nothing and 100,000 events pile up no service grows, and all are in the log afterwards',
  limit,
  async (who) => {
    const directory = await sessionOn('directory')
    const audit = await sessionOn('audit')
    const recorded = async () =>
      Number(
        (await audit<{ n: number }>(`select count(*)::int as n from entries where correlation_id = 'volume'`))
          .n,
      )
    const untilRecorded = (count: number) =>
      vi.waitFor(async () => expect(await recorded()).toBe(count), patience)
    const watch = async (seconds: number) => {
      let most = await memory()
      for (let n = 0; n < seconds; n++) {
        await delay(1_000)
        const now = await memory()
        most = most.map((each, i) => Math.max(each, now[i] ?? 0))
      }
      return most
    }

    const known = await recorded()
    // What they need to record at all is none of what piles up.
    await directory(emitting(20_000))
    await untilRecorded(known + 20_000)
    const before = await watch(5)
    const pid = who === 'NATS' ? (chain.platform.nats?.pid ?? 0) : chain.platform.services.audit.pid
    process.kill(pid, 'SIGSTOP')
    for (let n = 0; n < 10; n++) {
      await directory(emitting(10_000))
      await delay(1_000)
    }
    const during = await watch(30)
    process.kill(pid, 'SIGCONT')
    const since = performance.now()
    await untilRecorded(known + 120_000)
    const rate = 100_000 / ((performance.now() - since) / 1_000)
    const after = await watch(5)
    const figures = [before, during, after].map((each) => each.map(Math.round).join(' '))
    say(
      `F6, without ${who}: ${serviceNames.join(' ')}: ${figures.join(' | ')} MiB before | while it was away | after; ${rate} a second`,
    )
    for (const [i, mib] of during.entries()) expect(mib).toBeLessThan((before[i] ?? 0) * 1.1)
  },
)
