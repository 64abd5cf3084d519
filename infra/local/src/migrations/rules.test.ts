import { join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { readMigrations } from '@gatehouse/db/migrations'
import { expect, test } from 'vitest'
import { faultsOf, knownAt } from './harness.ts'

const apps = resolve(import.meta.dirname, '../../../../apps')

/** When each release was made, the latest last. What was there before the first was for databases that nobody used yet. */
const releases: readonly number[] = [Date.UTC(2026, 11, 1)]

test.each(serviceNames)(
  'F18: no migration of %s holds up the services beside it or breaks the version before it',
  async (service) => {
    const folder = join(apps, service, 'migrations')
    const migrations = await readMigrations(folder)
    for (const { name, madeAt, statements } of migrations) {
      const release = releases.findLast((each) => each <= madeAt)
      const released = migrations.findLast((each) => release !== undefined && each.madeAt < release)
      const faults = await faultsOf(statements.join('\n'), await knownAt(folder, released?.name))
      if (release !== undefined) expect(faults, name).toEqual([])
    }
  },
)

test('expand first, contract a release later: what goes is what the release before knew no more', async () => {
  const folder = join(apps, 'directory', 'migrations')
  const isKnown = await knownAt(folder, '0000_initial')
  const faults = (sql: string) => faultsOf(sql, isKnown)
  expect(await faults('alter table users drop column email')).not.toEqual([])
  expect(await faults('drop table users')).not.toEqual([])
  expect(await faults('alter table users drop column nickname')).toEqual([])
  expect(await faults('drop table nicknames')).toEqual([])
  expect(await faults('drop table nicknames, users')).toHaveLength(1)
})

test.each([
  'create index cats_name on cats (name)',
  'create unique index cats_name on cats (name)',
  'alter table cats rename to dogs',
  'alter table cats rename column name to title',
  'drop table cats',
  'alter table cats drop column name',
  'alter table cats alter column name type varchar(9)',
  'alter table cats alter column name set not null',
  'alter table cats add constraint it check (name <> $$x$$)',
  'alter table cats add constraint it foreign key (owner) references people (id)',
  'alter table cats add primary key (id)',
  'alter table cats add column id uuid not null default gen_random_uuid()',
  'alter table cats add column born timestamptz default clock_timestamp()',
  'alter table cats add column number bigserial generated always as identity',
  'alter table cats add column name text not null',
  'alter table cats add column owner uuid references people (id)',
  'update cats set name = upper(name)',
  "delete from cats where name = 'Tom'",
  'do $$ begin if true then update cats set name = upper(name); end if; end $$',
  "do $$ begin execute 'drop ' || 'table cats'; end $$",
])('refused on a table in use: %s', async (sql) => {
  expect(await faultsOf(sql)).not.toEqual([])
})

test.each([
  'create index concurrently cats_name on cats (name)',
  'alter table cats add column name text',
  'alter table cats add column age int not null default 0',
  "alter table cats add column tags jsonb not null default '[]'::jsonb",
  'alter table cats add column born timestamptz not null default now()',
  'alter table cats add constraint it check (name <> $$x$$) not valid',
  'alter table cats validate constraint it',
  'alter table cats add constraint it unique using index cats_name',
  'create table cats (id int); create index cats_id on cats (id); alter table cats add primary key (id)',
  'create table cats (id int); update cats set id = 1',
  'update cats set name = upper(name) where id in (select id from cats where name <> upper(name) limit 100)',
  'grant select on cats to app',
  "do $$ begin execute format('GRANT SELECT ON cats TO %I', current_user); end $$",
])('let through: %s', async (sql) => {
  expect(await faultsOf(sql)).toEqual([])
})
