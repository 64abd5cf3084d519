import type { Database } from '@gatehouse/db/connect'
import { migrationStatus } from '@gatehouse/db/migrate'
import { sql } from 'drizzle-orm'
import { bad, type Finding, good, unknown } from './finding.ts'

interface Facts extends Record<string, unknown> {
  readonly version: string
  readonly number: number
  readonly role: string
  readonly privileged: boolean
  readonly owned: number
  readonly commit: string
}

const oldestServer = 150_000

/** That the database answers, is new enough, commits for good, and that row-level security binds the service's role. */
export async function checkDatabase(db: Database): Promise<Finding> {
  const [facts] = await db.orm.execute<Facts>(sql`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_user as role, rolsuper or rolbypassrls as privileged, current_setting('synchronous_commit') as commit,
      (select count(*)::int from pg_class where relowner = pg_roles.oid and relkind in ('r', 'p')) as owned
    from pg_roles where rolname = current_user`)
  if (!facts) throw new Error('the database does not know its own role')
  const { version, number, role, privileged, owned, commit } = facts
  if (number < oldestServer) return bad(`PostgreSQL is ${version}.`, 'Upgrade it to 15 or newer.')
  if (privileged || owned > 0) {
    const why = privileged ? 'is a superuser or bypasses row-level security' : 'owns tables'
    return bad(
      `The role ${role} ${why}: tenants are not kept apart by the database.`,
      'Give DATABASE_URL the role that owns nothing, and DATABASE_OWNER_URL the one that migrates.',
    )
  }
  if (commit === 'off' || commit === 'local') {
    const advice = 'Set synchronous_commit to on: what was answered would be lost in a crash or a failover.'
    return bad(`synchronous_commit is ${commit}.`, advice)
  }
  return good(`PostgreSQL ${version} answers, as ${role}, whom row-level security binds.`)
}

/** That the tables are what this version needs, as far as the owner's URL is given. */
export async function checkMigrations(ownerUrl: string | undefined, folder: string): Promise<Finding> {
  if (ownerUrl === undefined) {
    return unknown(
      'Only the owner can read which migrations were applied.',
      'Set DATABASE_OWNER_URL to know.',
    )
  }
  const { applied, missing } = await migrationStatus({ url: ownerUrl, folder })
  if (missing.length === 0) return good(`All ${applied.length} migrations are applied.`)
  return bad(`Missing: ${missing.join(', ')}.`, 'Run "gatehouse migrate".')
}

/** By how much clocks may differ before somebody is told; tokens allow for 30 s. Milliseconds. */
const maxSkewMs = 5_000

/** That this machine's clock and the database's agree. */
export async function checkClock(db: Database, now = Date.now): Promise<Finding> {
  const before = now()
  const [row] = await db.orm.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  )
  if (!row) throw new Error('the database does not say what time it is')
  const after = now()
  const apartMs = Math.max(0, before - row.ms, row.ms - after)
  const words = `This clock and the database's differ by ${(apartMs / 1000).toFixed(1)} s`
  if (apartMs <= maxSkewMs) return good(`${words}.`)
  return bad(
    `${words}: tokens count as expired too early or too late.`,
    'Have both machines follow one NTP server.',
  )
}
