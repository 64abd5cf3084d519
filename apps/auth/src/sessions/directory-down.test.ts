import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { harness, origin, somebody } from '../harness.ts'
import { refreshTokens, registrations } from '../tables.ts'
import { startSession } from './start-session.ts'

const { app, ...deps } = await harness()
const { db } = deps

const post = (path: string, payload: object) => app.inject({ method: 'POST', url: `/api/auth/${path}`, payload })
const password = 'correct horse battery staple'

test('without the directory a login is a 503 that says when to come back', async () => {
  const answer = await post('login', { email: 'ada@analytical.example', password })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
  expect(answer.json()).toMatchObject({ code: 'directory.unavailable' })
})

test('without the directory a refresh is a 503 and spends nothing', async () => {
  const { refreshToken } = await startSession(deps, somebody(), 'password', origin)
  expect((await post('refresh', { refreshToken })).statusCode).toBe(503)
  const tokens = await readInPlatform(db, (tx) => tx.select().from(refreshTokens))
  expect(tokens).toMatchObject([{ usedAt: null }])
  expect(JSON.stringify(tokens)).not.toContain(refreshToken)
})

test('without the directory a registration is a 503, and its intent is kept without the password', async () => {
  const person = { email: 'grace@navy.example', password, firstName: 'Grace', lastName: 'Hopper' }
  expect((await post('register', person)).statusCode).toBe(503)
  const kept = await readInPlatform(db, (tx) => tx.select().from(registrations))
  expect(kept).toMatchObject([{ person: { email: person.email } }])
  expect(JSON.stringify(kept)).not.toContain(password)
})
