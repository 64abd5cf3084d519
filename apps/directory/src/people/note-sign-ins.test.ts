import type { DeliveredEvent } from '@gatehouse/events/delivery'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { noteSignIns } from './note-sign-ins.ts'

const { app, own, as, enter } = await harness()

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
