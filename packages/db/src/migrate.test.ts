import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openConnection } from './connection.ts'
import { createNotes, run, unavailable } from './harness.ts'
import { migrate, migrationStatus } from './migrate.ts'

/** A folder as drizzle-kit writes it. */
async function folderOf(migrations: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'meta'))
  const names = Object.keys(migrations)
  const entries = names.map((tag, idx) => ({
    idx,
    version: '7',
    when: 1_790_000_000_000 + idx,
    tag,
    breakpoints: true,
  }))
  await writeFile(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  )
  await Promise.all(names.map((name) => writeFile(join(folder, `${name}.sql`), migrations[name] ?? '')))
  return folder
}

const first = {
  '0000_cats': 'create table cats (id int);--> statement-breakpoint\ninsert into cats values (1);',
}
const second = { ...first, '0001_dogs': 'create table dogs (id int); insert into dogs values (2)' }

test('what is missing is applied in order, named, and never twice', async () => {
  const { ownerUrl: url } = await createNotes()
  expect(await migrate({ url, folder: await folderOf(first) })).toEqual(['0000_cats'])
  const folder = await folderOf(second)
  expect(await migrate({ url, folder })).toEqual(['0001_dogs'])
  expect(await migrate({ url, folder })).toEqual([])
  expect(await run(url, 'select * from cats, dogs as dogs(dog)')).toEqual([{ id: 1, dog: 2 }])
})

test('of processes that migrate at once, one applies each migration and none fails', async () => {
  const { ownerUrl: url } = await createNotes()
  const folder = await folderOf(second)
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate({ url, folder })))
  expect(applied.flat()).toEqual(['0000_cats', '0001_dogs'])
})

test('a migration that stopped half-way is named and leaves nothing of itself, and once it is mended the next run goes on with it', async () => {
  const { ownerUrl: url } = await createNotes()
  const halfWay = 'create table dogs (id int);--> statement-breakpoint\ncreate tabel lions ()'
  const broken = migrate({ url, folder: await folderOf({ ...first, '0001_dogs': halfWay }) })
  await expect(broken).rejects.toThrow('Migration 0001_dogs failed: syntax error at or near "tabel"')
  expect(await run(url, "select to_regclass('cats')::text as cats, to_regclass('dogs') as dogs")).toEqual([
    { cats: 'cats', dogs: null },
  ])
  expect(await migrate({ url, folder: await folderOf(second) })).toEqual(['0001_dogs'])
})

test('an index that is made concurrently lets writes pass, and is made anew when it was stopped half-way, by one of two at once', async () => {
  const { ownerUrl: url } = await createNotes()
  const index = [
    'drop index concurrently if exists cats_id;',
    'create unique index concurrently cats_id on cats (id);',
  ].join('--> statement-breakpoint\n')
  await migrate({ url, folder: await folderOf(first) })
  await run(url, 'insert into cats values (1)')
  const folder = await folderOf({ ...first, '0001_index': index })
  await expect(migrate({ url, folder })).rejects.toThrow(
    'Migration 0001_index failed: could not create unique',
  )
  expect(await migrationStatus({ url, folder })).toEqual({ applied: ['0000_cats'], missing: ['0001_index'] })
  await run(url, 'delete from cats')
  const writer = await openConnection({ url, applicationName: 'writer', statementTimeoutMs: 0 })
  await writer.sql.unsafe('begin; insert into cats values (3)')
  const migrated = Promise.all([migrate({ url, folder }), migrate({ url, folder })])
  await vi.waitFor(async () => {
    const waiting = `select from pg_stat_activity where datname = current_database()
      and application_name = 'migrate' and query ~ 'concurrently' and wait_event_type = 'Lock'`
    expect(await run(url, waiting)).toHaveLength(1)
  }, 10_000)
  await run(url, 'insert into cats values (4)')
  await writer.sql.unsafe('commit')
  await writer.end()
  expect((await migrated).flat()).toEqual(['0001_index'])
  expect(await run(url, `select indisvalid from pg_index where indexrelid = 'cats_id'::regclass`)).toEqual([
    { indisvalid: true },
  ])
})

test('what is missing can be asked for, and that changes nothing', async () => {
  const { ownerUrl: url } = await createNotes()
  const folder = await folderOf(second)
  const nothing = { applied: [], missing: ['0000_cats', '0001_dogs'] }
  expect(await migrationStatus({ url, folder })).toEqual(nothing)
  expect(await migrationStatus({ url, folder })).toEqual(nothing)
  await migrate({ url, folder })
  expect(await migrationStatus({ url, folder })).toEqual({ applied: ['0000_cats', '0001_dogs'], missing: [] })
})

test('a migration that was changed after it had been applied is noticed', async () => {
  const { ownerUrl: url } = await createNotes()
  await migrate({ url, folder: await folderOf(first) })
  const changed = migrate({ url, folder: await folderOf({ '0000_cats': 'create table lions (id int)' }) })
  await expect(changed).rejects.toThrow('Migration 0000_cats was changed after it had been applied.')
})

test('a database that is newer than the folder is left as it is', async () => {
  const { ownerUrl: url } = await createNotes()
  await migrate({ url, folder: await folderOf(second) })
  expect(await migrate({ url, folder: await folderOf(first) })).toEqual([])
})

test('without a database to reach, whoever migrates is told to try again', async () => {
  const url = 'postgres://owner@127.0.0.1:1/nowhere'
  await expect(migrate({ url, folder: await folderOf(first) })).rejects.toMatchObject(unavailable)
})
