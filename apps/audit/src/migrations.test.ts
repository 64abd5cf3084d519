import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openConnection } from '@gatehouse/db/connection'
import { migrate } from '@gatehouse/db/migrate'
import { expect, inject, onTestFinished, test } from 'vitest'

const migrations = join(import.meta.dirname, '../migrations')

test('a database as the first version made it, with entries in it, becomes one with a ledger', async () => {
  const name = `audit_${randomBytes(6).toString('hex')}`
  const admin = await openConnection({
    url: inject('postgresUrl'),
    applicationName: 'test',
    statementTimeoutMs: 0,
  })
  onTestFinished(admin.end)
  await admin.sql.unsafe(`create database ${name} owner audit_owner`)
  const login = { username: 'audit_owner', password: 'test', pathname: `/${name}` }
  const url = Object.assign(new URL(inject('postgresUrl')), login).href

  const first = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'))
  onTestFinished(() => rm(first, { recursive: true }))
  await cp(migrations, first, { recursive: true })
  const journal = join(first, 'meta/_journal.json')
  const { entries, ...about } = JSON.parse(await readFile(journal, 'utf8'))
  await writeFile(journal, JSON.stringify({ ...about, entries: entries.slice(0, 1) }))
  await migrate({ url, folder: first })

  const owner = await openConnection({ url, applicationName: 'test', statementTimeoutMs: 0 })
  onTestFinished(owner.end)
  await owner.sql.unsafe(`set app.platform = 'on'; insert into entries
    (id, tenant_id, occurred_at, service, actor_type, actor_id, action, resource)
    values (gen_random_uuid(), gen_random_uuid(), now(), 'auth', 'user', 'somebody', 'a.b', 'a')`)
  expect(await migrate({ url, folder: migrations })).toEqual(
    entries.slice(1).map(({ tag }: { tag: string }) => tag),
  )
  expect(await owner.sql.unsafe('select * from entries')).toEqual([])
})
