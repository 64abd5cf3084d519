import { readInPlatform } from '@gatehouse/db/tenant'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { harness, nowhere, origin, somebody } from '../harness.ts'
import { refreshTokens, registrations } from '../tables.ts'
import { startSession } from './start-session.ts'

const { app, ...deps } = await harness({ directoryUrl: nowhere })
const { db } = deps

const post = (path: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/auth/${path}`, payload })
const password = 'correct horse battery staple'

test('without the directory a login is a 503 that says when to come back', async () => {
  const answer = await post('login', { email: 'ada@analytical.example', password })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
  expect(answer.json()).toMatchObject({ code: 'directory.unavailable' })
})

test('without the directory a refresh is a 503 and spends nothing', async () => {
  const { refreshToken } = await startSession(deps, somebody(), { method: 'password', amr: ['pwd'] }, origin)
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

test("a directory that refuses auth's own token is a 503, never a refusal of who signs in", async () => {
  const refusing = fastify()
  refusing.all('/*', (_request, reply) => {
    const document = {
      type: 'about:blank',
      title: 'Unauthorized',
      detail: 'No.',
      instance: '/',
      requestId: 'test',
    }
    return reply.code(401).send({ ...document, status: 401, code: 'auth.invalid_token' })
  })
  const { app } = await harness({ directoryUrl: await refusing.listen({ host: '127.0.0.1', port: 0 }) })
  const payload = { email: 'ada@analytical.example', password }
  const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload })
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toMatchObject({ code: 'directory.unavailable' })
})
