import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openConnection } from '@gatehouse/db/connection'
import { emptyTree, grow } from '@gatehouse/ledger/tree'
import type { Platform } from '@gatehouse/local/platform'

/** Runs statements in audit's database as PostgreSQL's superuser, one after the other. @returns what the last one gave */
export async function inAuditLog({ databaseUrl }: Platform, statements: readonly string[]) {
  const url = Object.assign(new URL(databaseUrl), { pathname: '/gatehouse_audit' }).href
  const { sql, end } = await openConnection({ url, applicationName: 'bench', statementTimeoutMs: 0 })
  try {
    let rows: readonly Record<string, unknown>[] = []
    for (const statement of statements) rows = await sql.unsafe(statement)
    return rows
  } finally {
    await end()
  }
}

/**
 * Has the log hold so many entries of this month, of a hundred tenants, a thousand people and a few kinds, and nothing else:
 * loaded without indexes, which are built afterwards. Those of `tenantId`, a hundredth, have their ledger.
 */
export async function fillLog(platform: Platform, tenantId: string, size: number) {
  const month = 'entries_by_month.entries_now'
  await inAuditLog(platform, [
    'set session_replication_role = replica',
    `set maintenance_work_mem = '1GB'`,
    'begin',
    `do $$ declare name text := format('entries_by_month.entries_%s', to_char(now() at time zone 'UTC', 'YYYY_MM'));
       begin
         execute format('alter table entries detach partition %s', name);
         execute format('drop table %s', name);
       end $$`,
    `create table ${month} (like entries including defaults including constraints)`,
    `alter table ${month} owner to audit_owner`,
    `insert into ${month} (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action, resource,
       resource_id, correlation_id)
     select gen_random_uuid(), case when n % 100 = 0 then '${tenantId}' else ('00000000-0000-7000-8000-' || lpad((n % 100)::text, 12, '0'))::uuid end, n / 100,
       first + (now() - first) * n / ${size}, 'auth', 'user', md5('person ' || n / 100 % 1000),
       case when n % 99999 = 0 then 'role.deleted' else 'session.' || (array['started', 'renewed', 'ended'])[1 + n % 3] end,
       case when n % 99999 = 0 then 'role' else 'session' end, md5('thing ' || n / 300), md5('request ' || n / 3)
     from generate_series(0, ${size} - 1) n, date_trunc('month', now() at time zone 'UTC') first`,
    `do $$ declare first timestamp := date_trunc('month', now() at time zone 'UTC'); begin
       execute format('alter table entries attach partition ${month} for values from (%L) to (%L)',
         first at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
       execute format('alter table ${month} rename to %I', 'entries_' || to_char(first, 'YYYY_MM'));
     end $$`,
    'commit',
    'delete from actions',
    'insert into actions select distinct tenant_id, action, resource from entries on conflict do nothing',
    'vacuum analyze entries',
    'checkpoint',
  ])
  await fillLedger(platform, tenantId, Math.ceil(size / 100))
}

/** Gives a tenant a ledger of so many leaves, each tile in 16 parts, and a checkpoint, instead of its own. */
export async function fillLedger(platform: Platform, tenantId: string, leaves: number) {
  const clear = ['tiles', 'checkpoints', 'trees'].map(
    (table) => `delete from ${table} where tenant_id = '${tenantId}'`,
  )
  await inAuditLog(platform, ['set session_replication_role = replica', ...clear])
  let tree = emptyTree
  for (let from = 0; from < leaves; from += 50_000) {
    const rows: string[] = []
    for (let at = from; at < Math.min(from + 50_000, leaves); at += 16) {
      const hashes = Array.from({ length: Math.min(16, leaves - at) }, (_, n) => hashOf(at + n))
      const grown = grow(tree, hashes)
      tree = grown.tree
      for (const { level, index, offset, hashes } of grown.parts)
        rows.push(`('${tenantId}', ${level}, ${index}, ${offset}, '\\x${hashes.toString('hex')}')`)
    }
    await inAuditLog(platform, [`insert into tiles values ${rows.join(',')}`])
  }
  const frontier = Buffer.concat(tree.frontier).toString('hex')
  const note = `bench/audit/${tenantId}\n${leaves}\n${'A'.repeat(43)}=\n\n— bench/audit ${'A'.repeat(92)}\n`
  await inAuditLog(platform, [
    `insert into trees values ('${tenantId}', ${leaves}, '\\x${frontier}', ${leaves})`,
    `insert into checkpoints values ('${tenantId}', ${leaves}, '\\x00', '${note}')`,
    'analyze tiles',
  ])
}

const hashOf = (n: number) => createHash('sha256').update(`${n}`).digest()

/** Until what a tenant's registration tells of has come into the log. */
export async function untilLogQuiet(platform: Platform, tenantId: string) {
  for (let before = 0; ; ) {
    await delay(1_000)
    const [row] = await inAuditLog(platform, [`select size::int from trees where tenant_id = '${tenantId}'`])
    const { size: now } = row ?? {}
    const size = Number(now ?? 0)
    if (size > 0 && size === before) return
    before = size
  }
}
