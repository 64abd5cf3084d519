import { serverOptions } from '@gatehouse/testing/server-options'
import { type SQL, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { harness, inDirectory, newcomer } from './harness.ts'

const { app: lenient, testIssuer, ...deps } = await harness()
const app = buildApp(serverOptions('auth', testIssuer), {
  ...deps,
  policy: { ...deps.policy, emailVerification: 'required' },
})

type Answer = Promise<{ statusCode: number; json(): { code?: string } }>
type Person = Awaited<ReturnType<typeof register>>

const post = (path: string, payload: object, headers = {}): Answer =>
  app.inject({ method: 'POST', url: `/api/auth/${path}`, payload, headers })

/** Somebody whose address is proven, and who has a session. */
async function register() {
  const person = newcomer()
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const answer = await lenient.inject({ method: 'POST', url: '/api/auth/register', payload: person, headers })
  const { user, refreshToken } = answer.json<{
    user: { id: string; tenantId: string }
    refreshToken: string
  }>()
  await inDirectory(sql`update users set email_verified = true where id = ${user.id}`)
  return { ...person, ...user, refreshToken, headers }
}

/** What is known of somebody, and every way of signing in by it. */
const ways: Record<string, (person: Person) => Answer> = {
  'their password': ({ email, password }) => post('login', { email, password }),
  'their registration, sent again': ({ email, password, firstName, lastName, headers }) =>
    lenient.inject({
      method: 'POST',
      url: '/api/auth/register',
      payload: { email, password, firstName, lastName },
      headers,
    }),
  'their refresh token': ({ refreshToken }) => post('refresh', { refreshToken }),
}

const user =
  (column: string, value: string) =>
  ({ id }: Person) =>
    sql`update users set ${sql.raw(column)} = ${value} where id = ${id}`
const tenant =
  (status: string) =>
  ({ tenantId }: Person) =>
    sql`update tenants set status = ${status} where id = ${tenantId}`

/** What keeps people out, as the directory knows it. */
const states: Record<string, (person: Person) => SQL> = {
  'a suspended person': user('status', 'suspended'),
  'a deleted person': user('status', 'deleted'),
  'a person who has not been let in yet': user('status', 'pending'),
  'a person of a suspended tenant': tenant('suspended'),
  'a person of a deleted tenant': tenant('deleted'),
}

const all = Object.entries(ways).flatMap(([way, enter]) =>
  Object.entries(states).map(([state, statement]) => ({ way, enter, state, statement })),
)

test.each(Object.entries(ways))('somebody whom nothing keeps out gets in by %s', async (_, enter) => {
  expect((await enter(await register())).statusCode).toBeLessThan(300)
})

test.each(all)('$state does not get in by $way', async ({ enter, statement }) => {
  const person = await register()
  await inDirectory(statement(person))
  const answer = await enter(person)
  expect(answer.statusCode).toBe(401)
  expect(answer.json().code).toMatch(/^auth\.(wrong_credentials|invalid_refresh_token)$/)
})

test.each(Object.entries(ways).filter(([way]) => !way.includes('registration')))(
  'a person whose address is not proven does not get in by %s where it has to be',
  async (_, enter) => {
    const person = await register()
    await inDirectory(sql`update users set email_verified = false where id = ${person.id}`)
    expect((await enter(person)).statusCode).toBe(401)
  },
)

test.each(Object.entries(ways).filter(([way]) => !way.includes('refresh')))(
  'a tenant that asks for a second factor lets nobody in by %s alone',
  async (_, enter) => {
    const person = await register()
    await inDirectory(sql`insert into tenant_settings (tenant_id, settings)
      values (${person.tenantId}, ${JSON.stringify({ features: { mfaRequired: true } })}::jsonb)`)
    const answer = await enter(person)
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({ code: 'mfa_enrolment_required' })
  },
)
