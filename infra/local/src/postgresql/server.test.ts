import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openConnection } from '@gatehouse/db/connection'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Postgres, startPostgres } from './server.ts'

let folder: string
let postgres: Postgres

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
  postgres = await startPostgres({ folder, durable: false })
})

afterAll(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true })
})

const query = async (statement: string, url = postgres.url) => {
  const { sql, end } = await openConnection({ url, applicationName: 'test', statementTimeoutMs: 10_000 })
  try {
    return await sql.unsafe(statement)
  } finally {
    await end()
  }
}

test('the data have checksums and are UTF-8 in the C.UTF-8 locale of PostgreSQL itself', async () => {
  const [row] = await query(`
    select current_setting('data_checksums') as checksums, pg_encoding_to_char(encoding) as encoding,
           datlocprovider::text as provider, datlocale as locale
    from pg_database where datname = current_database()`)
  expect(row).toEqual({ checksums: 'on', encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8' })
})

test('nobody comes in without the password, which only this user can read', async () => {
  const file = join(folder, 'password')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(postgres.url).toContain(await readFile(file, 'utf8'))
  const other = Object.assign(new URL(postgres.url), { password: 'wrong' }).href
  await expect(query('select 1', other)).rejects.toThrow('password authentication failed')
})

test('what was committed is there after a crash, on the same port and with the same password', async () => {
  await query('create table kept (id int); insert into kept values (1)')
  const { pid, url } = postgres
  await postgres.restart()
  expect(postgres.pid).not.toBe(pid)
  expect(await query('select * from kept', url)).toEqual([{ id: 1 }])
})

test('a server left over on the same folder is ended first, and its data are taken over', async () => {
  await query('create table inherited (id int)')
  const next = await startPostgres({ folder, durable: false })
  expect(await postgres.ended).toBeDefined()
  postgres = next
  expect(await query('select * from inherited')).toEqual([])
})

test('a start that cannot be says what the server said', async () => {
  const other = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
  const start = startPostgres({ folder: other, port: postgres.port, durable: false })
  await expect(start).rejects.toThrow(/PostgreSQL did not start[\s\S]*could not bind/)
  await rm(other, { recursive: true })
})
