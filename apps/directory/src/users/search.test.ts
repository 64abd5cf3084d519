import { platformTenantId } from '@gatehouse/contracts/principal'
import { inTenant } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { harness } from '../harness.ts'

const { app, db, as, enter, asSuperuser } = await harness()

/** Enough people for a tenant to be searched by trigrams. */
const many = 5_200

/** A tenant of many, with one person of a rare name, and of a name that one in twenty has. */
async function tenantOf(rare: string) {
  const { person } = await enter({ firstName: 'Grace', lastName: rare })
  const { tenantId } = person
  await asSuperuser(
    'set session_replication_role = replica',
    `insert into users (id, email, first_name, last_name, status)
      select gen_random_uuid(), n || '@${tenantId}.example', case when n % 20 = 0 then 'Ottoline' else 'Ada' end, 'N' || n, 'active'
      from generate_series(1, ${many}) n`,
    `insert into memberships (tenant_id, user_id, search, email, last_name)
      select '${tenantId}', id, lower(concat_ws(' ', first_name, last_name, email)), email, last_name
      from users where email like '%@${tenantId}.example'`,
    'analyze memberships',
  )
  const headers = await as({ tenantId, permissions: ['users:read'] })
  const search = async (text: string, more = '') => {
    const url = `/api/users?search=${encodeURIComponent(text)}${more}`
    return (await app.inject({ url, headers })).json<{
      data: { id: string; lastName: string }[]
      total: number
    }>()
  }
  return { person, tenantId, search }
}

let mine: Awaited<ReturnType<typeof tenantOf>>
let theirs: Awaited<ReturnType<typeof tenantOf>>
beforeAll(async () => {
  ;[mine, theirs] = [await tenantOf('Hopper'), await tenantOf('Zuse')]
})

/** What the database itself answers in a tenant's transaction. */
const foundIn = (tenantId: string, pattern: string) =>
  inTenant(db, tenantId, async (tx) => {
    const [row] = await tx.execute<{ found: string[] | null }>(sql`select members_found(${pattern}) as found`)
    return row?.found
  })

test('X4: in a large tenant the few whom a text finds are found by trigrams, and the many in the order of the list', async () => {
  expect(await foundIn(mine.tenantId, '%hopper%')).toEqual([mine.person.userId])
  expect(await foundIn(mine.tenantId, '%ottoline%')).toBeNull()
  expect((await mine.search('HOPP', '&page=1')).total).toBe(1)
  expect((await mine.search('race hop')).data).toMatchObject([{ id: mine.person.userId }])
  expect((await mine.search('ottoline', '&page=1')).total).toBe(many / 20)
  const first = await mine.search('n52', '&sort=lastName&limit=2')
  expect(first.data.map(({ lastName }) => lastName)).toEqual(['N52', 'N520'])
  for (const nobody of ['hopp_r', '%opper', 'zzyzx']) expect((await mine.search(nobody)).data).toEqual([])
})

test('T3: searching by trigrams finds nobody of another tenant, though no where confines it', async () => {
  expect(await foundIn(theirs.tenantId, '%zuse%')).toEqual([theirs.person.userId])
  expect(await foundIn(mine.tenantId, '%zuse%')).toEqual([])
  expect((await mine.search('zuse')).data).toEqual([])
  // Nowhere, and in the platform, there is nobody to be found by it.
  for (const tenantId of [crypto.randomUUID(), platformTenantId])
    expect(await foundIn(tenantId, '%zuse%')).toBeNull()
})

test('searching by trigrams asks their index, and reads no more than that', async () => {
  const [{ body } = { body: '' }] = await asSuperuser(
    `select prosrc as body from pg_proc where proname = 'members_found'`,
  )
  const [, search = ''] = /array\((.*?)\)\s*END AS found/s.exec(`${body}`) ?? []
  const explained = await asSuperuser(
    'set role directory_owner',
    `set app.tenant_id = '${mine.tenantId}'`,
    `explain ${search.replace('pattern', "'%hopper%'")}`,
  )
  const plan = JSON.stringify(explained)
  expect(plan).toMatch(/Bitmap Index Scan on memberships_by_trigram/)
  expect(plan).not.toMatch(/Seq Scan/)
})
