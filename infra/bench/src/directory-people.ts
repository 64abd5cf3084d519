import { openConnection } from '@gatehouse/db/connection'
import type { Platform } from '@gatehouse/local/platform'
import { registerPeople, type SignedIn } from './people.ts'

/** How many people a tenant has, besides who registered it. */
export const perTenant = 100

/** Somebody who may see the people of their tenant, and who these are. */
export interface Insider extends SignedIn {
  readonly members: readonly string[]
}

const idOf = (n: number) => `01910000-0000-7000-9000-${n.toString(16).padStart(12, '0')}`

/**
 * Fills the directory with so many people, in tenants of a hundred; a few of these have somebody who is signed in, and a
 * hundred of the people besides.
 */
export async function fillDirectory(platform: Platform, people: number): Promise<Insider[]> {
  const registered = await registerPeople(platform, 16)
  const { sql, end } = await openConnection({
    url: directoryUrl(platform),
    applicationName: 'bench',
    statementTimeoutMs: 0,
  })
  try {
    for (const statement of statements(people)) await sql.unsafe(statement)
    for (const [k, { user }] of registered.entries()) {
      await sql.unsafe(joining(`'${user.tenantId}'::uuid`, k * perTenant, (k + 1) * perTenant - 1))
    }
    for (const table of tables) await sql.unsafe(`vacuum analyze ${table}`)
    await sql.unsafe('checkpoint')
  } finally {
    await end()
  }
  return registered.map((who, k) => ({
    ...who,
    members: Array.from({ length: perTenant }, (_, n) => idOf(k * perTenant + n)),
  }))
}

/** Of the directory's database, as the superuser. */
export const directoryUrl = ({ databaseUrl }: Platform) =>
  Object.assign(new URL(databaseUrl), { pathname: '/gatehouse_directory' }).href

const tables = ['users', 'tenants', 'memberships', 'role_assignments']
const sqlIdOf = (prefix: string, n: string) => `('${prefix}' || lpad(to_hex(${n}), 12, '0'))::uuid`
const tenantOf = (n: string) => sqlIdOf('01900000-0000-7000-8000-', n)
const personOf = (n: string) => sqlIdOf('01910000-0000-7000-9000-', n)

/** People with names of a few words that many share, and addresses that tell them apart. */
const statements = (people: number) => [
  // What triggers and foreign keys would do one by one is right already.
  'set session_replication_role = replica',
  `insert into tenants (id, name, slug, type)
     select ${tenantOf('n')}, 'Tenant ' || n, 'tenant-' || n, 'customer' from generate_series(0, ${people / perTenant - 1}) n`,
  `insert into users (id, email, first_name, last_name, status, created_at)
     select ${personOf('n')}, substr(md5(n::text), 1, 12) || '@company' || n % 997 || '.example',
       (array['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Zoë', 'Jürgen', '李', 'Noor', 'Mateo'])[1 + n % 10],
       initcap(substr(md5((n % 5000)::text), 1, 7)), 'active', now() - random() * interval '700 days'
     from generate_series(0, ${people - 1}) n`,
  joining(tenantOf(`n % ${people / perTenant}`), 0, people - 1),
]

const joining = (tenant: string, from: number, to: number) => `
  with joined as (
    insert into memberships (tenant_id, user_id, search, email, last_name, person_created_at)
    select ${tenant}, u.id, lower(concat_ws(' ', first_name, last_name, email)), email, last_name, date_trunc('milliseconds', created_at)
    from generate_series(${from}, ${to}) n join users u on u.id = ${personOf('n')}
    returning tenant_id, user_id
  )
  insert into role_assignments (tenant_id, user_id, role_id)
  select tenant_id, user_id, (select id from roles where name = 'member' and category = 'system') from joined`
