import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNotes, run, unavailable } from './harness.ts'
import { migrate } from './migrate.ts'

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

test('a migration that fails is named, and nothing of the run stays', async () => {
  const { ownerUrl: url } = await createNotes()
  const broken = migrate({ url, folder: await folderOf({ ...first, '0001_broken': 'create tabel dogs ()' }) })
  await expect(broken).rejects.toThrow('Migration 0001_broken failed: syntax error at or near "tabel"')
  expect(await run(url, "select to_regclass('cats') as cats")).toEqual([{ cats: null }])
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
