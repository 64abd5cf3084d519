import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { applyBootstrap } from './bootstrap.ts'
import { harness, newcomer } from './harness.ts'
import { checkNewPassword } from './passwords/strength.ts'
import { credentials } from './tables.ts'

const { app, ...rest } = await harness({ policy: { emailVerification: 'required' } })
const deps = { ...rest, checkNewPassword }

const appoint = (administrator: ReturnType<typeof newcomer>) =>
  applyBootstrap(deps, { administrator, serviceAccounts: [] })
const stored = () => readInPlatform(deps.db, (tx) => tx.select().from(credentials))

test('A8: no administrator begins with a password that is easy to guess', async () => {
  for (const password of ['password1234567', 'HopperGrace Gatehouse', 'qwertyuiopasdfg']) {
    const refused = appoint(newcomer({ password }))
    await expect(refused).rejects.toMatchObject({ code: 'password.too_weak' })
  }
  expect(await stored()).toEqual([])
})

test('the first administrator is made once, and can sign in where addresses have to be proven', async () => {
  const administrator = newcomer()
  await appoint(administrator)
  await appoint({ ...administrator, password: 'another battery staple' })
  await appoint({ ...administrator, password: 'password1234567' })
  expect(await stored()).toHaveLength(1)
  const { email, password } = administrator
  const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload: { email, password } })
  expect(answer.statusCode).toBe(200)
  expect(answer.json().user).toMatchObject({ emailVerified: true, roles: ['platform-admin'] })
})
