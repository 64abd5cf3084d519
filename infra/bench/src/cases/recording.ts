import { setTimeout as delay } from 'node:timers/promises'
import { openConnection } from '@gatehouse/db/connection'
import type { Platform } from '@gatehouse/local/platform'
import type { Case } from '../case.ts'
import { registerPeople } from '../people.ts'

const events = 20_000
const tenants = 50
const batch = 1_000

/** From the moment at which audit takes up what lies in JetStream, until all of it is committed: sealed, hashed, in its tree. */
export const recording: Case = {
  id: 'P8',
  title: `${events} events of ${tenants} tenants from JetStream into ledgers, beside bare UNNEST of ${batch} rows`,
  unit: 'entries/s',
  goal: { ratioAtLeast: 0.6 },
  prepare: (platform) => prepareRecording(platform, true),
}

/** The same against what there has to be at least, whatever the machine. */
export const appending: Case = {
  id: 'ledger',
  title: `${events} events of ${tenants} tenants from JetStream into ledgers`,
  unit: 'entries/s',
  goal: { atLeast: 1_000 },
  prepare: (platform) => prepareRecording(platform, false),
}

async function prepareRecording(platform: Platform, withReference: boolean) {
  const auth = await sessionOn(platform, 'gatehouse_auth')
  const audit = await sessionOn(platform, 'gatehouse_audit')
  await audit.run(
    `create table if not exists bare (id uuid primary key, tenant_id uuid, occurred_at timestamptz, payload jsonb)`,
  )
  const { pid } = platform.services.audit
  const ours = async () => {
    const round = crypto.randomUUID()
    process.kill(pid, 'SIGSTOP')
    try {
      await auth.run(emitting(round, events, tenants))
      await until(auth, `select count(*) = 0 as done from outbox where sent_at is null`)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const ofRound = `from entries where correlation_id = '${round}'`
    await until(audit, `select count(*) = ${events} as done ${ofRound}`)
    // Each batch is recorded as of its beginning: the first one's entries count for none of the time. What NATS had given
    // to audit when that was suspended comes again half a minute later, and is none of the first nine tenths.
    const [row] = await audit.run(`
      select (select count(*) ${ofRound} and recorded_at > first and recorded_at <= late)::int
        / extract(epoch from late - first)::float8 as rate
      from (select min(recorded_at) as first,
        percentile_disc(0.9) within group (order by recorded_at) as late ${ofRound}) t`)
    return Number(row?.rate)
  }
  const reference = async () => {
    await audit.run('truncate bare')
    const since = performance.now()
    for (let n = 0; n < events; n += batch) {
      const rows = Array.from({ length: batch }, () => ({
        id: crypto.randomUUID(),
        tenant: crypto.randomUUID(),
        at: new Date().toISOString(),
        payload: JSON.stringify(payload),
      }))
      const columns = [
        rows.map(({ id }) => id),
        rows.map(({ tenant }) => tenant),
        rows.map(({ at }) => at),
        rows.map(({ payload }) => payload),
      ]
      await audit.sql.unsafe(
        'insert into bare select a, b, c, d::jsonb from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[]) t(a, b, c, d)',
        columns.map((values) => `{${values.map((value) => JSON.stringify(value)).join(',')}}`),
      )
    }
    return events / ((performance.now() - since) / 1_000)
  }
  const dispose = async () => {
    await audit.run('drop table bare')
    await Promise.all([auth.end(), audit.end()])
  }
  return withReference ? { ours, reference, dispose } : { ours, dispose }
}

const payload = { userId: crypto.randomUUID(), method: 'password', amr: ['pwd'], from: '192.0.2.1' }

/** As auth tells of sessions: of 1,000 people. */
const emitting = (round: string, count: number, tenants: number) => `
  insert into outbox (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
  select id, 'identity.auth.session.started', tenant, 'session', id::text, 1, json_build_object(
    'specversion', '1.0', 'id', id, 'source', 'urn:gatehouse:service:auth', 'type', 'session.started',
    'subject', 'session/' || id, 'datacontenttype', 'application/json', 'dataversion', 1, 'tenantid', tenant,
    'actortype', 'user', 'actorid', person, 'correlationid', '${round}', 'sourceip', '192.0.2.1',
    'useragent', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'aggregateversion', 1,
    'data', json_build_object('userId', person, 'method', 'password', 'amr', json_build_array('pwd')))
  from generate_series(1, ${count}) n, lateral (select gen_random_uuid() as id,
    ${uuidOf(`'tenant ${tenants} ' || n % ${tenants}`)} as tenant, ${uuidOf("'person ' || n % 1000")} as person) t`

/** A UUID (version 4 by its looks) that is always the same for the same text. */
const uuidOf = (text: string) =>
  `overlay(overlay(md5(${text}) placing '4' from 13) placing '8' from 17)::uuid`

const probes = 100
const eventsEach20Ms = 10

/** From a change's answer until the log shows it, while 500 others a second are recorded; the slowest of a hundred. */
export const visible: Case = {
  id: 'P9',
  title: `change until visible in the log, with 500 events a second besides, the slowest of ${probes}`,
  unit: 'ms',
  goal: { atMost: 500 },
  async prepare(platform) {
    const [who] = await registerPeople(platform, 1)
    if (!who) throw new Error('nobody was registered')
    const auth = await sessionOn(platform, 'gatehouse_auth')
    const headers = { authorization: `Bearer ${who.accessToken}` }
    const seen = async (correlationId: string) => {
      const url = `${platform.services.audit.url}/api/audit-logs?correlationId=${correlationId}`
      const { data } = (await (await fetch(url, { headers })).json()) as { data: unknown[] }
      return data.length > 0
    }
    const probe = async (n: number) => {
      const correlationId = crypto.randomUUID()
      const response = await fetch(`${platform.services.directory.url}/api/users/me`, {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/json', 'x-correlation-id': correlationId },
        body: JSON.stringify({ firstName: `Ada ${n}` }),
      })
      if (!response.ok) throw new Error(`the change was answered ${response.status}`)
      const since = performance.now()
      while (!(await seen(correlationId))) await delay(5)
      return performance.now() - since
    }
    return {
      async ours() {
        const load = setInterval(() => {
          auth.run(emitting(crypto.randomUUID(), eventsEach20Ms, tenants)).catch(() => clearInterval(load))
        }, 20)
        const durations: number[] = []
        for (let n = 0; n < probes; n++) durations.push(await probe(n))
        clearInterval(load)
        return durations.sort((a, b) => a - b)[Math.ceil(probes * 0.99) - 1] ?? Number.NaN
      },
      dispose: auth.end,
    }
  },
}

/** From the moment at which a tenant's event is committed until it is in the log, while those of another one pour in. */
export const besideFlood: Case = {
  id: 'flood',
  title: `event until in the log, while ${events} of another tenant wait in the same outbox, the slowest`,
  unit: 'ms',
  goal: { atMost: 2_000 },
  async prepare(platform) {
    const auth = await sessionOn(platform, 'gatehouse_auth')
    const audit = await sessionOn(platform, 'gatehouse_audit')
    const isDrained = async () => {
      const [row] = await auth.run(`select count(*) < 1000 as done from outbox where sent_at is null`)
      return row?.done === true
    }
    return {
      async ours() {
        await auth.run(emitting(crypto.randomUUID(), events, 1))
        const durations: number[] = []
        do {
          const probe = crypto.randomUUID()
          const since = performance.now()
          await auth.run(emitting(probe, 1, 2))
          await until(audit, `select count(*) = 1 as done from entries where correlation_id = '${probe}'`)
          durations.push(performance.now() - since)
        } while (!(await isDrained()))
        return Math.max(...durations)
      },
      async dispose() {
        await Promise.all([auth.end(), audit.end()])
      },
    }
  },
}

async function sessionOn({ databaseUrl }: Platform, database: string) {
  const url = Object.assign(new URL(databaseUrl), { pathname: `/${database}` }).href
  const { sql, end } = await openConnection({ url, applicationName: 'bench', statementTimeoutMs: 0 })
  const run = (statement: string): Promise<readonly { rate?: unknown; done?: unknown }[]> =>
    sql.unsafe(statement)
  return { sql, run, end }
}

async function until({ run }: Awaited<ReturnType<typeof sessionOn>>, question: string) {
  for (;;) {
    const [row] = await run(question)
    if (row?.done === true) return
    // Seldom: each look counts all that is there, on the processors of whoever records.
    await delay(250)
  }
}
