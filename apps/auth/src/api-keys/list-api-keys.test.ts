import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { as, person, member, create, list } = await harness()

const idsOf = (answer: { json(): { data: { id: string }[] } }) => answer.json().data.map(({ id }) => id)

test('one’s own keys need no permission; those of the others, and of all, do', async () => {
  const admin = await person()
  const colleague = await member(admin.tenantId, 'member')
  const mine = (await create(colleague.headers, { userId: colleague.id })).json().id
  const theirs = (await create(admin.headers, { userId: admin.id })).json().id

  const without = await as({ tenantId: admin.tenantId, subject: colleague.id, permissions: [] })
  expect(idsOf(await list(without, `?userId=${colleague.id}`))).toEqual([mine])
  for (const query of ['', `?userId=${admin.id}`]) expect((await list(without, query)).statusCode).toBe(403)

  const reader = await as({ tenantId: admin.tenantId, permissions: ['api-keys:read'] })
  expect(idsOf(await list(reader, `?userId=${admin.id}`))).toEqual([theirs])
  expect(idsOf(await list(reader))).toEqual([theirs, mine])
})

test('nobody sees a key of another tenant, nor by asking for its owner', async () => {
  const [ada, eve] = await Promise.all([person(), person()])
  await create(ada.headers, { userId: ada.id })
  expect(idsOf(await list(eve.headers))).toEqual([])
  expect(idsOf(await list(eve.headers, `?userId=${ada.id}`))).toEqual([])
})

test('a list is read in pages, newest first, each key once, also when keys come in between', async () => {
  const { id: userId, headers } = await person()
  const made: string[] = []
  for (let n = 0; n < 5; n++) made.unshift((await create(headers, { userId })).json().id)
  const first = await list(headers, '?limit=2')
  await create(headers, { userId })
  const second = await list(headers, `?limit=2&cursor=${first.json().nextCursor}`)
  const third = await list(headers, `?limit=2&cursor=${second.json().nextCursor}`)
  expect([first, second, third].flatMap(idsOf)).toEqual(made)
  expect(third.json().nextCursor).toBeNull()
  expect((await list(headers, '?page=1&limit=2')).json()).toMatchObject({ total: 6 })
  expect((await list(headers, '?cursor=bm9uZQ')).statusCode).toBe(400)
})

test('a list shows of each key enough to recognise it by, and nothing to use it with', async () => {
  const { id: userId, headers } = await person()
  const { key, ...record } = (await create(headers, { userId })).json()
  const answer = await list(headers)
  expect(answer.json().data).toEqual([record])
  expect(answer.body).not.toContain(key.slice(33, 60))
  expect(answer.body).not.toContain('digest')
})
