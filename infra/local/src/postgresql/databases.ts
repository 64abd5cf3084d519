import { randomBytes } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/events'
import { openConnection } from '@gatehouse/db/connection'

interface Passwords {
  readonly owner: string
  readonly app: string
}

interface ServiceDatabase {
  /** Of the role that owns the database and migrates it. */
  readonly ownerUrl: string
  /** Of the role that the service runs as: it owns nothing, so row-level security binds it. */
  readonly appUrl: string
}

/**
 * Makes a service's database and its two roles on a server whose superuser `adminUrl` names, or brings what is there to
 * this state. The application may do nothing there but what the owner's migrations grant it.
 */
export async function createServiceDatabase(
  adminUrl: string,
  service: ServiceName,
  passwords: Passwords = { owner: random(), app: random() },
): Promise<ServiceDatabase> {
  const name = service.replaceAll('-', '_')
  const database = `gatehouse_${name}`
  const [owner, app] = [`${name}_owner`, `${name}_app`]
  const { sql, end } = await openConnection({
    url: adminUrl,
    applicationName: 'provisioning',
    statementTimeoutMs: 0,
  })
  try {
    await sql.unsafe(roleStatement(owner, passwords.owner))
    await sql.unsafe(roleStatement(app, passwords.app))
    const existing = await sql.unsafe(`select from pg_database where datname = '${database}'`)
    if (existing.length === 0) await sql.unsafe(`create database ${database} owner ${owner}`)
    await sql.unsafe(
      `revoke all on database ${database} from public; grant connect on database ${database} to ${app}`,
    )
  } finally {
    await end()
  }
  const urlOf = (user: string, password: string) => {
    const { host, search } = new URL(adminUrl)
    return `postgres://${user}:${password}@${host}/${database}${search}`
  }
  return { ownerUrl: urlOf(owner, passwords.owner), appUrl: urlOf(app, passwords.app) }
}

const random = () => randomBytes(24).toString('base64url')

const roleStatement = (name: string, password: string) => `
  do $do$ begin
    if not exists (select from pg_roles where rolname = '${name}') then create role ${name}; end if;
    alter role ${name} with login nosuperuser nobypassrls password '${password}';
  end $do$`
