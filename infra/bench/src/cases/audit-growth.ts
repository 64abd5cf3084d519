import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openConnection } from '@gatehouse/db/connection'
import { emptyTree, grow } from '@gatehouse/ledger/tree'
import type { Platform } from '@gatehouse/local/platform'
import type { Case } from '../case.ts'
import { registerPeople } from '../people.ts'

const few = 100_000
const requests = 300
const leaves = 1_000_000

/** Of a tenant with a hundredth of all entries, and of one of its people, the newest page, among so many entries and among few. */
export const readingAmongMany = (entries: number): Case => ({
  id: 'P12',
  title: `pages of the audit log among ${entries} entries, the slowest of a hundred, beside those among ${few}`,
  unit: 'ms',
  goal: { ratioAtMost: 1.5 },
  async prepare(platform) {
    const [who] = await registerPeople(platform, 1)
    if (!who) throw new Error('nobody was registered')
    const { tenantId } = who.user
    const round = async () => {
      const queries = ['limit=50', `actorId=${actor(7)}`, 'action=session.started&limit=50', 'search=session']
      return slowestOfAHundred(
        platform,
        who.accessToken,
        (n) => `/api/audit-logs?${queries[n % queries.length]}`,
      )
    }
    await fill(platform, tenantId, 0, few)
    await round()
    const among = [await round(), await round(), await round()].sort((a, b) => a - b)
    await fill(platform, tenantId, few, entries)
    return { ours: round, reference: async () => among[1] ?? Number.NaN, dispose: async () => {} }
  },
})

const actor = (n: number) => createHash('md5').update(`person ${n}`).digest('hex')

/** Without leaves and seals: what is read of them doesn't depend on how many others there are. */
async function fill(platform: Platform, tenantId: string, from: number, to: number) {
  await run(platform, [
    `insert into entries (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action, resource,
       resource_id, correlation_id)
     select gen_random_uuid(), case when n % 100 = 0 then '${tenantId}' else md5((n % 100)::text)::uuid end, n,
       date_trunc('month', now()) + random() * (now() - date_trunc('month', now())), 'auth', 'user',
       md5('person ' || n / 100 % 1000), 'session.started', 'session', gen_random_uuid(), gen_random_uuid()
     from generate_series(${from}, ${to} - 1) n`,
    `insert into actions values ('${tenantId}', 'session.started', 'session') on conflict do nothing`,
    'analyze entries',
    'checkpoint',
  ])
}

/** The proof of an entry in a ledger of a million, as it is asked for. */
export const proving: Case = {
  id: 'ledger',
  title: `proof of one of ${leaves} entries, over HTTP, the slowest of a hundred`,
  unit: 'ms',
  goal: { atMost: 5 },
  async prepare(platform) {
    const { accessToken, ids } = await prepareLedger(platform)
    return {
      ours: () =>
        slowestOfAHundred(platform, accessToken, (n) => `/api/audit-logs/${ids[n % ids.length]}/proof`),
      dispose: async () => {},
    }
  },
}

/** Without the leaf itself, which is as long as what it says. */
export const proofSize: Case = {
  id: 'ledger',
  title: `size of the proof of one of ${leaves} entries, without the leaf`,
  unit: 'bytes',
  goal: { atMost: 2_048 },
  async prepare(platform) {
    const { accessToken, ids } = await prepareLedger(platform)
    const size = async (id: string) => {
      const url = `${platform.services.audit.url}/api/audit-logs/${id}/proof`
      const text = await (await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } })).text()
      return text.replace(/^extra .*\n/m, '').length
    }
    return {
      ours: async () => Math.max(...(await Promise.all(ids.map(size)))),
      dispose: async () => {},
    }
  },
}

/** A ledger of a million leaves, each tile in 16 parts, with some of its entries. */
async function prepareLedger(platform: Platform) {
  // The case before may have kept the event loop busy: connections that ended meanwhile are noticed now.
  await delay(100)
  const [who] = await registerPeople(platform, 1)
  if (!who) throw new Error('nobody was registered')
  const { tenantId } = who.user
  const ids = Array.from({ length: 50 }, () => crypto.randomUUID())
  await untilQuiet(platform, tenantId)
  let tree = emptyTree
  const clear = ['entries', 'tiles', 'checkpoints', 'trees'].map(
    (table) => `delete from ${table} where tenant_id = '${tenantId}'`,
  )
  await run(platform, ['set session_replication_role = replica', ...clear])
  for (let from = 0; from < leaves; from += 50_000) {
    const rows: string[] = []
    for (let at = from; at < Math.min(from + 50_000, leaves); at += 16) {
      const hashes = Array.from({ length: 16 }, (_, n) =>
        createHash('sha256')
          .update(`${at + n}`)
          .digest(),
      )
      const grown = grow(tree, hashes)
      tree = grown.tree
      for (const { level, index, offset, hashes } of grown.parts)
        rows.push(`('${tenantId}', ${level}, ${index}, ${offset}, '\\x${hashes.toString('hex')}')`)
    }
    await run(platform, [`insert into tiles values ${rows.join(',')}`])
  }
  const frontier = Buffer.concat(tree.frontier).toString('hex')
  const note = `bench/audit/${tenantId}\n${leaves}\n${'A'.repeat(43)}=\n\n— bench/audit ${'A'.repeat(92)}\n`
  await run(platform, [
    `insert into trees values ('${tenantId}', ${leaves}, '\\x${frontier}', ${leaves})`,
    `insert into checkpoints values ('${tenantId}', ${leaves}, '\\x00', '${note}')`,
    ...ids.map(
      (
        id,
        n,
      ) => `insert into entries (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action,
        resource) values ('${id}', '${tenantId}', ${n * 19_999}, now(), 'auth', 'user', 'x', 'a.b', 'a')`,
    ),
    'analyze tiles',
  ])
  return { ids, accessToken: who.accessToken }
}

/** Until what their registration tells of has come into the log. */
async function untilQuiet(platform: Platform, tenantId: string) {
  for (let before = 0; ; ) {
    await delay(1_000)
    const rows = await run(platform, [`select size::int from trees where tenant_id = '${tenantId}'`])
    const size = Number(rows[0]?.size ?? 0)
    if (size > 0 && size === before) return
    before = size
  }
}

async function slowestOfAHundred({ services }: Platform, token: string, pathOf: (n: number) => string) {
  const durations: number[] = []
  for (let n = 0; n < requests; n++) {
    const since = performance.now()
    const response = await fetch(`${services.audit.url}${pathOf(n)}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`${pathOf(n)} answered ${response.status}`)
    durations.push(performance.now() - since)
  }
  return durations.sort((a, b) => a - b)[Math.ceil(requests * 0.99) - 1] ?? Number.NaN
}

async function run({ databaseUrl }: Platform, statements: readonly string[]) {
  const url = Object.assign(new URL(databaseUrl), { pathname: '/gatehouse_audit' }).href
  const { sql, end } = await openConnection({ url, applicationName: 'bench', statementTimeoutMs: 0 })
  try {
    let rows: readonly { size?: unknown }[] = []
    for (const statement of statements) rows = await sql.unsafe(statement)
    return rows
  } finally {
    await end()
  }
}
