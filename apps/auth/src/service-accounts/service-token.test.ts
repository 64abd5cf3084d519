import { randomBytes } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { serverOptions } from '@gatehouse/testing/server-options'
import { eq } from 'drizzle-orm'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { harness } from '../harness.ts'
import { serviceSecrets } from '../tables.ts'
import { enterServiceAccount } from './enter-service-account.ts'

const { app, db, testIssuer, ...deps } = await harness()
const newSecret = () => randomBytes(32).toString('base64url')

const ask = (serviceName: string, serviceSecret: string, more = {}, remoteAddress = '127.0.0.1') =>
  app.inject({
    method: 'POST',
    url: '/api/v1/auth/service-token',
    remoteAddress,
    payload: { serviceName, serviceSecret, ...more },
  })

const secretsOf = (serviceName: string) =>
  readInPlatform(db, (tx) =>
    tx.select().from(serviceSecrets).where(eq(serviceSecrets.serviceName, serviceName)),
  )

const refusals = async () =>
  readInPlatform(db, (tx) =>
    tx.select().from(outbox).where(eq(outbox.subject, 'identity.auth.service_token.refused')),
  )

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

test('a third secret takes the place of the oldest, so that a lost one is out for good', async () => {
  const [first, second, third] = [newSecret(), newSecret(), newSecret()]
  for (const secret of [first, second, third])
    await enterServiceAccount(db, { name: 'third', secret, permissions: [] })
  expect((await ask('third', first)).statusCode).toBe(401)
  expect((await ask('third', second)).statusCode).toBe(200)
  expect((await ask('third', third)).statusCode).toBe(200)
  expect(await secretsOf('third')).toHaveLength(2)
})

test('when a secret was last used is written down for each, once an hour', async () => {
  const [old, next] = [newSecret(), newSecret()]
  for (const secret of [old, next])
    await enterServiceAccount(db, { name: 'lasting', secret, permissions: [] })
  await ask('lasting', next)
  const [first] = (await secretsOf('lasting')).filter(({ lastUsedAt }) => lastUsedAt !== null)
  expect((await secretsOf('lasting')).map(({ lastUsedAt }) => lastUsedAt === null).sort()).toEqual([
    false,
    true,
  ])
  await ask('lasting', next)
  expect((await secretsOf('lasting')).find(({ lastUsedAt }) => lastUsedAt !== null)).toEqual(first)
})

test('a token is for one service and ten minutes, and for none that is not one', async () => {
  const secret = newSecret()
  await enterServiceAccount(db, { name: 'bound', secret, permissions: ['audit:write'] })
  const { accessToken } = (await ask('bound', secret, { audience: 'audit' })).json()
  const { aud, iat = 0, exp = 0 } = decodeJwt(accessToken)
  expect(aud).toBe('audit')
  expect(exp - iat).toBeLessThanOrEqual(600)
  for (const audience of ['elsewhere', ['audit', 'directory'], ''])
    expect((await ask('bound', secret, { audience })).statusCode).toBe(400)
})

test('who guesses is refused from the eleventh time on, in all replicas together, and the service itself still gets in', async () => {
  const secret = newSecret()
  await enterServiceAccount(db, { name: 'guessed', secret, permissions: [] })
  const replica = buildApp(serverOptions('auth', testIssuer), { db, ...deps })
  const guess = (server: typeof app) =>
    server.inject({
      method: 'POST',
      url: '/api/v1/auth/service-token',
      remoteAddress: '192.0.2.7',
      payload: { serviceName: 'guessed', serviceSecret: newSecret() },
    })
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => guess(n % 2 ? app : replica)))
  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  expect(statuses.filter((status) => status === 429)).toHaveLength(20)
  expect(answers.find(({ statusCode }) => statusCode === 429)?.headers['retry-after']).toBeDefined()
  expect((await ask('guessed', secret, {}, '192.0.2.7')).statusCode).toBe(200)
})

test('every refusal that is answered as one is an event, and a flood is not: neither from one address nor under ever other names', async () => {
  const before = (await refusals()).length
  for (let n = 0; n < 120; n += 1) await ask(`made-up-${n}`, newSecret(), {}, '192.0.2.8')
  const events = await refusals()
  expect(events.length - before).toBe(100)
  // What was sent for a name may have been a secret.
  expect(JSON.stringify(events.slice(before))).not.toContain('made-up-')
})

test('a refusal of a service that there is says which, and from where', async () => {
  await enterServiceAccount(db, { name: 'named', secret: newSecret(), permissions: [] })
  const wrong = newSecret()
  await ask('named', wrong, {}, '192.0.2.9')
  const text = JSON.stringify(await refusals())
  expect(text).toContain('"serviceName":"named"')
  expect(text).toContain('192.0.2.9')
  expect(text).not.toContain(wrong)
})

test('where a setting names the networks of services, nobody else gets a token, not even with the right secret', async () => {
  const secret = newSecret()
  await enterServiceAccount(db, { name: 'inside', secret, permissions: [] })
  const closed = buildApp(serverOptions('auth', testIssuer), {
    db,
    ...deps,
    serviceTokenNetworks: ['10.0.0.0/8', 'fd00::/8'],
  })
  const from = async (remoteAddress: string) => {
    const payload = { serviceName: 'inside', serviceSecret: secret }
    const request = { method: 'POST', url: '/api/v1/auth/service-token', remoteAddress, payload } as const
    return (await closed.inject(request)).statusCode
  }
  expect(await from('10.1.2.3')).toBe(200)
  expect(await from('::ffff:10.1.2.3')).toBe(200)
  expect(await from('fd00::1')).toBe(200)
  expect(await from('192.0.2.1')).toBe(403)
  expect(await from('2001:db8::1')).toBe(403)
})
