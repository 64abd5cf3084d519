import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from '@gatehouse/local/platform'
import { fillLedger, fillLog, inAuditLog, untilLogQuiet } from '../audit-log.ts'
import type { Case } from '../case.ts'
import { password, registerPeople } from '../people.ts'

const few = 100_000
const requests = 100
const leaves = 1_000_000

/**
 * What is asked of the log, of a tenant with a hundredth of all entries and over all tenants, among so many entries and
 * among few. A round is the sum over all ways of asking; how long each takes is said beside.
 */
export const readingAmongMany = (entries: number): Case => ({
  id: 'P12-log',
  title: `reading the audit log in every way among ${entries} entries, the slowest of a hundred each, together, beside those among ${few}`,
  unit: 'ms',
  goal: { ratioAtMost: 1.5 },
  async prepare(platform) {
    await delay(100)
    const [who] = await registerPeople(platform, 1)
    if (!who) throw new Error('nobody was registered')
    const { tenantId } = who.user
    await untilLogQuiet(platform, tenantId)
    const round = async () => {
      // A token lives for ten minutes, and loading the entries may take longer.
      const administrator = await tokenOf(platform, platform.admin)
      const member = await tokenOf(platform, { email: who.email, password })
      const ways = await waysOf(platform, tenantId)
      const figures: [string, number][] = []
      for (const [way, path] of Object.entries(ways)) {
        const token = way.startsWith('all tenants') ? administrator : member
        figures.push([way, await slowestOfAHundred(platform, token, () => path)])
      }
      process.stdout.write(`${figures.map(([way, ms]) => `${way} ${ms.toFixed(1)}`).join(', ')} ms\n`)
      return figures.reduce((sum, [, ms]) => sum + ms, 0)
    }
    await fillLog(platform, tenantId, few)
    await round()
    const among = [await round(), await round(), await round()].sort((a, b) => a - b)
    await fillLog(platform, tenantId, entries)
    return { ours: round, reference: async () => among[1] ?? Number.NaN, dispose: async () => {} }
  },
})

/** Paths of requests by what they ask for, about an entry in the middle. */
async function waysOf(platform: Platform, tenantId: string): Promise<Record<string, string>> {
  const [row] = await inAuditLog(platform, [
    `select id::text, actor_id as "actorId", resource_id as "resourceId", correlation_id as "correlationId",
       to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from entries where tenant_id = '${tenantId}' and leaf_index = 500`,
  ])
  const { id, actorId, resourceId, correlationId, at } = row ?? {}
  const list = (query: string) => `/api/audit-logs?limit=50&${query}`
  return {
    newest: list(''),
    actor: list(`actorId=${actorId}`),
    action: list('action=session.started'),
    resource: list('resource=session'),
    thing: list(`resourceId=${resourceId}`),
    request: list(`correlationId=${correlationId}`),
    search: list('search=ESSION.st'),
    until: list(`to=${at}`),
    together: list(`actorId=${actorId}&action=session.ended&search=ended&from=${at}`),
    entry: `/api/audit-logs/${id}`,
    proof: `/api/audit-logs/${id}/proof`,
    checkpoint: '/api/audit-logs/checkpoint',
    'export of all': '/api/audit-logs/export?format=ndjson',
    'export of an action': '/api/audit-logs/export?format=csv&action=session.ended',
    'all tenants, newest': list(''),
    'all tenants, actor': list(`actorId=${actorId}`),
    'all tenants, action': list('action=session.ended'),
    'all tenants, rare action': list('action=role.deleted'),
    'all tenants, rare resource': list('resource=role'),
    'all tenants, search': list('search=DELETED'),
    'all tenants, until': list(`to=${at}`),
  }
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

/** A ledger of a million leaves, with some of its entries. */
async function prepareLedger(platform: Platform) {
  // The case before may have kept the event loop busy: connections that ended meanwhile are noticed now.
  await delay(100)
  const [who] = await registerPeople(platform, 1)
  if (!who) throw new Error('nobody was registered')
  const { tenantId } = who.user
  const ids = Array.from({ length: 50 }, () => crypto.randomUUID())
  await untilLogQuiet(platform, tenantId)
  await fillLedger(platform, tenantId, leaves)
  await inAuditLog(platform, [
    'set session_replication_role = replica',
    `delete from entries where tenant_id = '${tenantId}'`,
    ...ids.map(
      (
        id,
        n,
      ) => `insert into entries (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action,
        resource) values ('${id}', '${tenantId}', ${n * 19_999}, now(), 'auth', 'user', 'x', 'a.b', 'a')`,
    ),
  ])
  return { ids, accessToken: who.accessToken }
}

async function tokenOf(
  { services }: Platform,
  credentials: { readonly email: string; readonly password: string },
) {
  const response = await fetch(`${services.auth.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: credentials.email, password: credentials.password }),
  })
  if (!response.ok) throw new Error(`signing in answered ${response.status}`)
  return ((await response.json()) as { readonly accessToken: string }).accessToken
}

/** How long the slowest of a hundred takes, of an export until it begins. Milliseconds. */
async function slowestOfAHundred({ services }: Platform, token: string, pathOf: (n: number) => string) {
  const durations: number[] = []
  for (let n = 0; n < requests; n++) {
    const since = performance.now()
    const response = await fetch(`${services.audit.url}${pathOf(n)}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    if (pathOf(n).includes('/export')) {
      const reader = response.body?.getReader()
      await reader?.read()
      durations.push(performance.now() - since)
      await reader?.cancel()
    } else {
      await response.arrayBuffer()
      durations.push(performance.now() - since)
    }
    if (!response.ok) throw new Error(`${pathOf(n)} answered ${response.status}`)
  }
  return durations.sort((a, b) => a - b)[Math.ceil(requests * 0.99) - 1] ?? Number.NaN
}
