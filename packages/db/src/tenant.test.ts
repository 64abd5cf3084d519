import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { connectToNotes, insertNote, notes, tenantA, tenantB } from './harness.ts'
import { inPlatform, inTenant, readInPlatform, readInTenant, type Tx } from './tenant.ts'

const bodies = async (tx: Pick<Tx, 'select'>) =>
  (await tx.select().from(notes)).map(({ body }) => body).sort()

const twoTenants = async (options = {}) => {
  const database = await connectToNotes(options)
  await inTenant(database.db, tenantA, insertNote(tenantA, 'of A'))
  await inTenant(database.db, tenantB, insertNote(tenantB, 'of B'))
  return database
}

test('a query without a where gives only what is the tenant’s', async () => {
  const { db } = await twoTenants()
  expect(await readInTenant(db, tenantA, bodies)).toEqual(['of A'])
  expect(await inTenant(db, tenantB, bodies)).toEqual(['of B'])
})

test('outside a tenant there is nothing to see', async () => {
  const { db } = await twoTenants()
  expect(await bodies(db.orm)).toEqual([])
})

test('the platform sees every tenant', async () => {
  const { db } = await twoTenants()
  expect(await readInPlatform(db, bodies)).toEqual(['of A', 'of B'])
  expect(await inPlatform(db, bodies)).toEqual(['of A', 'of B'])
})

test('a row of another tenant can neither be written nor changed nor deleted', async () => {
  const { db } = await twoTenants()
  await expect(inTenant(db, tenantA, insertNote(tenantB))).rejects.toMatchObject({ code: '42501' })
  await inTenant(db, tenantA, (tx) => tx.update(notes).set({ body: 'changed' }))
  await inTenant(db, tenantA, (tx) => tx.delete(notes))
  expect(await readInPlatform(db, bodies)).toEqual(['of B'])
})

test('the application’s role owns nothing and cannot step out of row-level security', async () => {
  const { db } = await twoTenants()
  const [role] = await db.orm.execute(sql`
    select rolsuper, rolbypassrls, (select count(*)::int from pg_class where relowner = r.oid) as owned
    from pg_roles r where rolname = current_user`)
  expect(role).toEqual({ rolsuper: false, rolbypassrls: false, owned: 0 })
})

test('a connection keeps no tenant, however its transaction ended', async () => {
  const { db } = await twoTenants({ poolSize: 1 })
  const fail = async () => Promise.reject(new Error('no'))
  const ways: (() => Promise<unknown>)[] = [
    () => inTenant(db, tenantA, bodies),
    () => readInTenant(db, tenantA, bodies),
    () => inTenant(db, tenantA, fail).catch(() => undefined),
    () => inTenant(db, tenantA, (tx) => tx.execute(sql`select 1 / 0`)).catch(() => undefined),
    () => inPlatform(db, fail).catch(() => undefined),
    () => readInPlatform(db, bodies),
  ]
  for (const way of ways) {
    await way()
    expect(await bodies(db.orm)).toEqual([])
    await way()
    expect(await readInTenant(db, randomUUID(), bodies)).toEqual([])
  }
})

test('tenants that share the connections at the same time never see each other', async () => {
  const { db } = await connectToNotes({ poolSize: 3 })
  const tenants = Array.from({ length: 8 }, () => randomUUID())
  const seen = await Promise.all(
    tenants.flatMap((tenant) =>
      Array.from({ length: 20 }, async () => {
        await inTenant(db, tenant, insertNote(tenant, tenant))
        return (await readInTenant(db, tenant, bodies)).every((body) => body === tenant)
      }),
    ),
  )
  expect(seen).not.toContain(false)
})

test('a transaction that only reads is not able to write', async () => {
  const { db } = await connectToNotes()
  await expect(readInTenant(db, tenantA, insertNote(tenantA))).rejects.toMatchObject({ code: '25006' })
})

test('a statement that comes after its transaction’s end is refused, whoever has the connection then', async () => {
  const { db } = await connectToNotes({ poolSize: 1 })
  const go = Promise.withResolvers<void>()
  const late = Promise.withResolvers<unknown>()
  const straggler = async (tx: Tx) => {
    await go.promise
    await insertNote(tenantA, 'late')(tx)
  }
  const work = (tx: Tx) => {
    late.resolve(straggler(tx).catch((error: Error) => error.message))
    return Promise.reject(new Error('no'))
  }
  await expect(inTenant(db, tenantA, work)).rejects.toThrow('no')
  await inTenant(db, tenantA, async (tx) => {
    go.resolve()
    expect(await late.promise).toBe('The transaction is over.')
    await insertNote(tenantA, 'in time')(tx)
  })
  expect(await readInTenant(db, tenantA, bodies)).toEqual(['in time'])
})

test('work that ignores the failure of a statement is told that nothing was committed', async () => {
  const { db } = await connectToNotes()
  const careless = inTenant(db, tenantA, async (tx) => {
    await insertNote(tenantA)(tx)
    await tx.execute(sql`select 1 / 0`).catch(() => undefined)
  })
  await expect(careless).rejects.toThrow('Nothing was committed')
  expect(await readInTenant(db, tenantA, bodies)).toEqual([])
})

test('an error of the database says nothing of the values that were sent', async () => {
  const { db } = await connectToNotes()
  const raise = sql`do $$ begin raise unique_violation using detail = 'Key (email)=(secret) exists.'; end $$`
  const errors = await Promise.all([
    db.orm.execute(raise).catch((error) => error),
    inTenant(db, tenantA, (tx) => tx.execute(raise)).catch((error) => error),
    db.orm.execute(sql`select ${'secret'}::text, 1 / ${0}::int`).catch((error) => error),
  ])
  expect(errors).toMatchObject([{ code: '23505' }, { code: '23505' }, { code: '22012' }])
  expect(inspect(errors)).not.toContain('secret')
})

test('what is no id of a tenant begins no transaction', async () => {
  const { db } = await connectToNotes()
  const work = vi.fn()
  for (const id of ["'; set local app.platform = 'on", `${tenantA}'`, 'a\\', 'a b', 'é'])
    await expect(inTenant(db, id, work)).rejects.toThrow('not the id of a tenant')
  expect(work).not.toHaveBeenCalled()
})
