import { randomBytes } from 'node:crypto'
import type { ServiceName } from '@gatehouse/contracts/events'
import { connect, type Database } from '@gatehouse/db/connect'
import { sql } from 'drizzle-orm'
import { inject } from 'vitest'

/** A database of a service as its migrations make it, for one test file alone; a copy that takes milliseconds. */
export async function createTestDatabase(service: ServiceName): Promise<{ url: string; db: Database }> {
  const admin = connect({ url: inject('postgresUrl'), poolSize: 1, applicationName: 'test' })
  const template = `gatehouse_${service.replaceAll('-', '_')}`
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await admin.orm.execute(sql`create database ${sql.identifier(name)} template ${sql.identifier(template)}`)
  await admin.close()
  const url = Object.assign(new URL(inject('postgresUrl')), {
    username: `${service.replaceAll('-', '_')}_app`,
    password: 'test',
    pathname: `/${name}`,
  })
  return { url: url.href, db: connect({ url: url.href, poolSize: 4, applicationName: 'test' }) }
}
