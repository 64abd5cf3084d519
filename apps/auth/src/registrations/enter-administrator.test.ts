import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { harness, newcomer } from '../harness.ts'
import { credentials } from '../tables.ts'
import { enterAdministrator } from './enter-administrator.ts'

test('the first administrator is made once, and can sign in where addresses have to be proven', async () => {
  const { app, ...deps } = await harness({ policy: { emailVerification: 'required' } })
  const administrator = newcomer()
  await enterAdministrator(deps, administrator)
  await enterAdministrator(deps, { ...administrator, password: 'another battery staple' })
  expect(await readInPlatform(deps.db, (tx) => tx.select().from(credentials))).toHaveLength(1)
  const { email, password } = administrator
  const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload: { email, password } })
  expect(answer.statusCode).toBe(200)
  expect(answer.json().user).toMatchObject({ emailVerified: true, roles: ['platform-admin'] })
})
