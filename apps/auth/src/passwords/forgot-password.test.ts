import { serverOptions } from '@gatehouse/testing/server-options'
import { expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { createDirectory } from '../directory.ts'
import { inDirectory, nowhere } from '../harness.ts'
import { harness, outsiders } from './harness.ts'

const auth = await harness()
const { app, eventsOf, forgot, logIn, mailsTo, register, tokenFor } = auth

test('who forgot their password is sent a link to the front end, and nothing else changes', async () => {
  const { email, password, tenantId } = await register()
  expect((await forgot(email)).statusCode).toBe(202)
  expect((await mailsTo(email)).map(({ subject }) => subject)).toContain('Set a new password')
  expect(await tokenFor(email, 'reset-password')).toMatch(/^gate_ott_[\w-]{43}$/)
  expect((await logIn(email, password)).statusCode).toBe(200)
  const events = await eventsOf(tenantId)
  expect(events.map(({ subject }) => subject)).toContain('identity.auth.password_reset.requested')
})

test.each(outsiders)(
  '%s is sent nothing, and the answer is the same as for anybody and for nobody',
  async (_, keepOut) => {
    const [known, outsider] = [await register(), await register()]
    await inDirectory(keepOut(outsider))
    const shown = async (email: string) => {
      const { statusCode, body, headers } = await forgot(email)
      const { date: _date, 'x-request-id': _id, ...rest } = headers
      return { statusCode, body, headers: rest }
    }
    const answer = await shown(known.email)
    expect(answer.statusCode).toBe(202)
    expect(await shown(outsider.email)).toEqual(answer)
    expect(await shown(`nobody-${known.email}`)).toEqual(answer)
    expect(await mailsTo(`nobody-${known.email}`)).toEqual([])
    expect((await mailsTo(outsider.email)).map(({ subject }) => subject)).toEqual([
      'Confirm your e-mail address',
    ])
    expect(await tokenFor(known.email, 'reset-password')).not.toBe('')
  },
)

test('the answer asks nobody who that is: it is the same, and as soon, while the directory is away', async () => {
  const { email } = await register()
  const cutOff = buildApp(serverOptions('auth', auth.testIssuer), {
    ...auth,
    directory: createDirectory(nowhere, auth.issuer),
  })
  const answer = await cutOff.inject({ method: 'POST', url: '/api/auth/forgot-password', payload: { email } })
  expect(answer.statusCode).toBe(202)
  expect(await tokenFor(email, 'reset-password')).not.toBe('')
})

test('of requests from one network five an hour go through for one address, whether or not somebody has it', async () => {
  const { email } = await register()
  const statuses = async (asked: string) =>
    (await Promise.all(Array.from({ length: 8 }, () => forgot(asked))))
      .map(({ statusCode }) => statusCode)
      .sort()
  const expected = [...Array(5).fill(202), ...Array(3).fill(429)]
  expect(await statuses(email)).toEqual(expected)
  expect(await statuses(`nobody-${email}`)).toEqual(expected)
  expect((await mailsTo(email)).filter(({ subject }) => subject === 'Set a new password')).toHaveLength(5)
  expect((await forgot(email)).headers['retry-after']).toBeDefined()
})

test('spellings of one address count as one', async () => {
  const { email } = await register()
  for (const asked of [email, email.toUpperCase(), email, email.toUpperCase(), email]) await forgot(asked)
  expect((await forgot(email.toUpperCase())).statusCode).toBe(429)
})

test('who keeps asking in the name of somebody else keeps them neither from a link of their own nor from using it', async () => {
  const { email } = await register()
  const from = (address: string) =>
    app.inject({
      method: 'POST',
      url: '/api/auth/forgot-password',
      payload: { email },
      remoteAddress: address,
    })
  expect((await from('198.51.100.1')).statusCode).toBe(202)
  const token = await tokenFor(email, 'reset-password')
  for (let attempt = 0; attempt < 7; attempt += 1) await from('203.0.113.9')
  expect((await from('203.0.113.9')).statusCode).toBe(429)
  expect((await from('198.51.100.1')).statusCode).toBe(202)
  expect(await tokenFor(email, 'reset-password')).not.toBe(token)
  expect((await auth.reset(token)).statusCode).toBe(204)
})
