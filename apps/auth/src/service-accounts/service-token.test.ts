import { randomBytes } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { serviceSecrets } from '../tables.ts'
import { enterServiceAccount } from './enter-service-account.ts'

const { app, db } = await harness()
const newSecret = () => randomBytes(32).toString('base64url')

const ask = (serviceName: string, serviceSecret: string, more = {}) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/auth/service-token',
    payload: { serviceName, serviceSecret, ...more },
  })

test('a service gets a token for the one audience that it names, with what its account permits, and an event says so', async () => {
  const secret = newSecret()
  await enterServiceAccount(db, { name: 'directory', secret, permissions: ['audit:write'] })
  const answer = await ask('directory', secret, { audience: 'audit' })
  expect(answer.json()).toMatchObject({ tokenType: 'Bearer', expiresIn: 600 })
  const { accessToken } = answer.json()
  expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
  expect(decodeJwt(accessToken)).toMatchObject({
    aud: 'audit',
    sub: 'directory',
    kind: 'service',
    scope: 'audit:write',
  })

  const events = JSON.stringify(await readInPlatform(db, (tx) => tx.select().from(outbox)))
  expect(events).toContain('service_token.issued')
  expect(events).not.toContain(accessToken)
})

test('a secret is stored as a digest, and two can be live so that one is replaced without an outage', async () => {
  const [old, next] = [newSecret(), newSecret()]
  await enterServiceAccount(db, { name: 'audit', secret: old, permissions: [] })
  await enterServiceAccount(db, { name: 'audit', secret: next, permissions: [] })
  expect((await ask('audit', old)).statusCode).toBe(200)
  expect((await ask('audit', next)).statusCode).toBe(200)
  const stored = await readInPlatform(db, (tx) => tx.select().from(serviceSecrets))
  expect(JSON.stringify(stored)).not.toContain(next)
})

test('a wrong secret, the secret of another account and an unknown account get the same answer', async () => {
  const [mine, theirs] = [newSecret(), newSecret()]
  await enterServiceAccount(db, { name: 'mine', secret: mine, permissions: [] })
  await enterServiceAccount(db, { name: 'theirs', secret: theirs, permissions: [] })
  const answers = await Promise.all([ask('mine', newSecret()), ask('mine', theirs), ask('nobody', mine)])
  for (const answer of answers) {
    const { requestId: _, ...problem } = answer.json()
    expect(answer.statusCode).toBe(401)
    expect(problem).toMatchObject({ code: 'auth.wrong_service_secret' })
    expect(problem).toEqual({ ...answers[0]?.json(), requestId: undefined })
  }
})
