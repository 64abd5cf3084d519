import { inPlatform, inTenant, readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import * as given from './harness.ts'
import { emit, outbox } from './outbox.ts'

test('the table in outbox.sql and the one that the code knows are the same', async () => {
  const { asSuperuser } = await given.createOutboxDatabase()
  const { columns, indexes, uniqueConstraints } = getTableConfig(outbox)
  const declared = columns.map(({ name, notNull, hasDefault, getSQLType, generatedIdentity }) => ({
    name,
    type: getSQLType.call(columns.find((column) => column.name === name)),
    notNull,
    hasDefault: hasDefault && !generatedIdentity,
    isIdentity: generatedIdentity?.type === 'always',
  }))
  const inDatabase = await asSuperuser(`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "notNull",
      atthasdef as "hasDefault", attidentity = 'a' as "isIdentity"
    from pg_attribute where attrelid = 'outbox'::regclass and attnum > 0 order by attnum`)
  expect([...inDatabase]).toEqual(declared)
  const names = await asSuperuser(
    `select indexrelid::regclass::text as name from pg_index where indrelid = 'outbox'::regclass`,
  )
  const declaredNames = [
    ...indexes.map(({ config }) => config.name),
    ...uniqueConstraints.map(({ name }) => name),
  ]
  expect(names.map(({ name }) => name).sort()).toEqual(['outbox_pkey', ...declaredNames].sort())
})

test('an event takes its time from the database', async () => {
  const { db, asSuperuser } = await given.createOutboxDatabase()
  await given.start(db)
  const rows = await asSuperuser(
    `select occurred_at between now() - interval '1 minute' and now() as recent from outbox`,
  )
  expect([...rows]).toEqual([{ recent: true }])
})

test('a transaction of a tenant can write no event of another one, and read none', async () => {
  const { db } = await given.createOutboxDatabase()
  await given.start(db)
  const foreign = inTenant(db, uuidv7(), (tx) => emit(tx, 'session.started', given.sessionStarted()))
  await expect(foreign).rejects.toThrow('row-level security')
  expect(await readInTenant(db, given.tenant, (tx) => tx.select().from(outbox))).toEqual([])
  expect(await readInPlatform(db, (tx) => tx.select().from(outbox))).toHaveLength(1)
})

test('the service can neither change an event nor take back one that was sent this week', async () => {
  const { db } = await given.createOutboxDatabase()
  await given.start(db)
  const change = inPlatform(db, (tx) => tx.update(outbox).set({ subject: 'identity.auth.session.ended' }))
  await expect(change).rejects.toThrow('permission denied')
  await inPlatform(db, (tx) => tx.update(outbox).set({ sentAt: sql`now()` }))
  await inPlatform(db, (tx) => tx.delete(outbox))
  expect(await readInPlatform(db, (tx) => tx.select().from(outbox))).toHaveLength(1)
})

test('two changes of one thing cannot have the same version', async () => {
  const { db } = await given.createOutboxDatabase()
  const session = await given.start(db)
  const again = inTenant(db, given.tenant, (tx) => emit(tx, 'session.started', given.sessionStarted(session)))
  await expect(again).rejects.toThrow('outbox_aggregate')
})

test('an event that no stream would take is refused where it is emitted', async () => {
  const { db } = await given.createOutboxDatabase()
  const huge = { ...given.sessionStarted(), after: { text: 'x'.repeat(300_000) } }
  await expect(inTenant(db, given.tenant, (tx) => emit(tx, 'session.started', huge))).rejects.toThrow(
    RangeError,
  )
})

test('whatever characters JSON allows can be part of an event', async () => {
  const { db } = await given.createOutboxDatabase()
  const odd = { text: '\u0000 \ud800 \u2028 é' }
  await inTenant(db, given.tenant, (tx) =>
    emit(tx, 'session.started', { ...given.sessionStarted(), after: odd }),
  )
  const [row] = await readInPlatform(db, (tx) =>
    tx.select().from(outbox).where(eq(outbox.tenantId, given.tenant)),
  )
  expect(row?.payload).toMatchObject({ data: { after: odd } })
})

test('only declared events, with their own data, compile', () => {
  const tx = {} as Tx
  const started = given.sessionStarted()
  // @ts-expect-error there is no such event
  const undeclared = () => emit(tx, 'session.teleported', started)
  // @ts-expect-error that event has other data
  const otherData = () => emit(tx, 'tenant.created', started)
  expect([undeclared, otherData]).toHaveLength(2)
})
