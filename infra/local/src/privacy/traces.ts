import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { unseal } from '@gatehouse/mail/seal'
import { sql } from 'drizzle-orm'
import type { Platform } from '../platform.ts'
import { keepSecrets } from '../state/secrets.ts'

interface Searched {
  readonly platform: Platform
  /** Of the platform's state. */
  readonly folder: string
  /** What all processes have written to their logs. */
  readonly log: readonly string[]
}

/** Everywhere that the platform keeps or shows something where one of these strings is. */
export async function traces(searched: Searched, needles: readonly string[]): Promise<string[]> {
  const found = await Promise.all([
    inDatabases(searched.platform, needles),
    inMailQueues(searched, needles),
    inFilesOfNats(join(searched.folder, 'nats'), needles),
    inMetrics(searched.platform, needles),
  ])
  const isIn = isAnyIn(needles)
  return [...found.flat(), ...searched.log.filter(isIn).map((line) => `log: ${line}`)]
}

const isAnyIn = (needles: readonly string[]) => (text: string) =>
  needles.some((needle) => text.includes(needle))

const databaseOf = ({ databaseUrl }: Platform, service: ServiceName) => {
  const name = `gatehouse_${service.replaceAll('-', '_')}`
  return { url: Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href }
}

/** Every column of every table, as a dump has them: outboxes, queues and dead letters too. */
async function inDatabases(platform: Platform, needles: readonly string[]) {
  const found: string[] = []
  for (const service of serviceNames) {
    const { orm, close } = connect({
      ...databaseOf(platform, service),
      poolSize: 1,
      applicationName: 'journey',
    })
    const tables = await orm.execute<{ name: string }>(sql`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`)
    const pattern = `%(${needles.join('|')})%`
    for (const table of tables) {
      const rows = await orm.execute(
        sql`select 1 from ${sql.raw(table.name)} t where t::text similar to ${pattern} limit 1`,
      )
      if (rows.length > 0) found.push(`${service}: ${table.name}`)
    }
    await close()
  }
  return found
}

/** What mail says that waits to be sent, which is sealed there: whoever has the key can read it. */
async function inMailQueues({ platform, folder }: Searched, needles: readonly string[]) {
  const secrets = await keepSecrets(join(folder, 'secrets.json'))
  const isIn = isAnyIn(needles)
  const found: string[] = []
  for (const service of ['auth', 'directory'] as const) {
    const key = Buffer.from(secrets[`${service}.key-encryption-key`], 'base64url')
    const { orm, close } = connect({
      ...databaseOf(platform, service),
      poolSize: 1,
      applicationName: 'journey',
    })
    const rows = await orm.execute<{ id: string; sealed: string }>(
      sql`select id, sealed from mails where sealed is not null`,
    )
    await close()
    for (const { id, sealed } of rows) {
      const mail = await unseal(createSeal(key), id, sealed)
      const name = 'content' in mail ? mail.content.subject : 'something asked for'
      if (isIn(JSON.stringify(mail))) found.push(`${service}, waiting mail: ${name}`)
    }
  }
  return found
}

/** The bytes of every file of its store, whatever the server thinks is still in them. */
async function inFilesOfNats(folder: string, needles: readonly string[]) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const isIn = isAnyIn(needles)
  const found: string[] = []
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name)
    // The server may do away with one at any time.
    const text = await readFile(path, 'latin1').catch(() => '')
    if (isIn(text)) found.push(`NATS: ${path.slice(folder.length + 1)}`)
  }
  return found
}

async function inMetrics({ services }: Platform, needles: readonly string[]) {
  const shown = await Promise.all(
    Object.entries(services).map(async ([name, { url }]) => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return isAnyIn(needles)(text) ? [`metrics: ${name}`] : []
    }),
  )
  return shown.flat()
}
