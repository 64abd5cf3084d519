import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { registrations } from '../tables.ts'

const { app, db } = await harness()

const newcomer = {
  email: 'ada@analytical.example',
  password: 'correct horse battery staple',
  firstName: 'Ada',
  lastName: 'Lovelace',
}

test.each([
  ['an invite that is unknown', { inviteToken: 'unknown' }, 404, 'invite.not_found'],
  ['a password that is too short', { password: 'too short' }, 400, 'request.invalid'],
  ['a field of the record that is not theirs to set', { status: 'active' }, 400, 'request.invalid'],
])('with %s nobody is registered and nothing is begun', async (_, given, status, code) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/auth/register',
    payload: { ...newcomer, ...given },
  })
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ code })
  expect(await readInPlatform(db, (tx) => tx.select().from(registrations))).toEqual([])
})
