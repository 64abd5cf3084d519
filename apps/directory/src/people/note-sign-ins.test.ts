import { inPlatform } from '@gatehouse/db/tenant'
import type { DeliveredEvent } from '@gatehouse/events/delivery'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { memberships } from '../tables.ts'
import { noteSignIns } from './note-sign-ins.ts'

const { app, db, own, as, enter } = await harness()

const signedIn = (userId: string, time: string) =>
  ({
    sequence: 1,
    envelope: { time },
    declared: { name: 'session.started', data: { userId, method: 'password', amr: ['pwd'] } },
  }) as unknown as DeliveredEvent

test('the last sign-in of each person is noted, whatever comes twice, late or with somebody unknown', async () => {
  const [one, other] = [(await enter()).person, (await enter()).person]
  const lastLoginOf = async ({ userId, tenantId }: typeof one) => {
    const headers = await as({ subject: userId, tenantId })
    return (await app.inject({ url: '/api/users/me', headers })).json().lastLoginAt
  }
  expect(await lastLoginOf(one)).toBeNull()
  const [first, second, third] = [
    '2026-05-01T10:00:00.000Z',
    '2026-05-02T10:00:00.000Z',
    '2026-05-03T10:00:00.000Z',
  ]
  const batch = [
    signedIn(one.userId, second),
    signedIn(one.userId, first),
    signedIn(other.userId, third),
    signedIn(crypto.randomUUID(), third),
  ]
  await noteSignIns(own, batch)
  await noteSignIns(own, batch)
  await noteSignIns(own, [signedIn(other.userId, first)])
  expect(await lastLoginOf(one)).toBe(second)
  expect(await lastLoginOf(other)).toBe(third)
})

test('a list by the last sign-in follows what people do, also in tenants that they joined since', async () => {
  const people = await Promise.all([1, 2, 3, 4].map(async () => (await enter()).person))
  const [host, early, late] = people
  const tenantId = host?.tenantId ?? ''
  const headers = await as({ tenantId, permissions: ['users:read'] })
  const listed = async () =>
    (await app.inject({ url: '/api/users?sort=-lastLoginAt', headers }))
      .json<{ data: { id: string }[] }>()
      .data.map(({ id }) => people.findIndex(({ userId }) => userId === id))
  await inPlatform(db, async (tx) => {
    for (const { userId } of people.slice(2)) await tx.insert(memberships).values({ tenantId, userId })
  })
  await noteSignIns(own, [
    signedIn(late?.userId ?? '', '2026-05-03T10:00:00.000Z'),
    signedIn(early?.userId ?? '', '2026-05-01T10:00:00.000Z'),
  ])
  await inPlatform(db, (tx) => tx.insert(memberships).values({ tenantId, userId: early?.userId ?? '' }))
  const [first, second, ...never] = await listed()
  expect([first, second]).toEqual([2, 1])
  expect(never.sort()).toEqual([0, 3])
  await noteSignIns(own, [signedIn(early?.userId ?? '', '2026-05-04T10:00:00.000Z')])
  expect((await listed()).slice(0, 2)).toEqual([1, 2])
})
