import { join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { readMigrations } from '@gatehouse/db/migrations'
import { expect, test } from 'vitest'
import { faultsOf } from './harness.ts'

const apps = resolve(import.meta.dirname, '../../../../apps')

/** What was made before it was made for databases that nobody used yet. */
const firstRelease = Date.UTC(2026, 11, 1)

test.each(serviceNames)(
  'F18: no migration of %s holds up the services beside it or breaks the version before it',
  async (service) => {
    const migrations = await readMigrations(join(apps, service, 'migrations'))
    for (const { name, madeAt, statements } of migrations) {
      const faults = await faultsOf(statements.join('\n'))
      if (madeAt >= firstRelease) expect(faults, name).toEqual([])
    }
  },
)

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
  'grant select on cats to app',
])('let through: %s', async (sql) => {
  expect(await faultsOf(sql)).toEqual([])
})
