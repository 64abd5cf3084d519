import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@gatehouse/db/connect'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codeOf } from './authenticator.ts'
import type { ShownMail } from './mail/mail-html.ts'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-second-factor-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Calls the API through the gateway. */
async function call(path: string, body?: object, token?: string) {
  const response = await fetch(`${platform.url}/api${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined }
}

async function register() {
  const [email, password] = [`${crypto.randomUUID()}@people.example`, `${crypto.randomUUID()} kettle`]
  const person = {
    email,
    password,
    firstName: 'Ada',
    lastName: 'Lovelace',
    companyName: 'Analytical Engines',
  }
  const { json } = await call('/auth/register', person)
  return { email, password, token: json.accessToken as string, user: json.user }
}

const actionsOf = (token: string, awaited: string) =>
  vi.waitFor(
    async () => {
      const { json } = await call('/audit-logs?limit=100', undefined, token)
      const actions: string[] = json.data.map(({ action }: { action: string }) => action)
      expect(actions).toContain(awaited)
      return actions
    },
    { timeout: 10_000, interval: 50 },
  )

test('a person sets up an authenticator app and signs in with it; the code is good once, and all of it is in the audit log', async () => {
  const { email, password, token } = await register()
  const { secret } = (await call('/users/me/mfa/totp', { password }, token)).json
  const confirmed = await call('/users/me/mfa/totp/confirm', { code: codeOf(secret) }, token)
  expect(confirmed.status).toBe(200)

  expect((await call('/auth/login', { email, password })).json).toMatchObject({ code: 'mfa_required' })
  const login = { email, password, mfaCode: codeOf(secret, 1) }
  expect((await call('/auth/login', login)).status).toBe(200)
  expect((await call('/auth/login', login)).json).toMatchObject({ code: 'auth.wrong_mfa_code' })
  const [mfaCode] = confirmed.json.recoveryCodes
  const signedIn = await call('/auth/login', { email, password, mfaCode })
  expect(signedIn.status).toBe(200)

  const actions = await actionsOf(signedIn.json.accessToken, 'recovery_code.used')
  expect(actions).toEqual(
    expect.arrayContaining(['mfa_factor.confirmed', 'recovery_codes.generated', 'login.failed']),
  )
  await vi.waitFor(
    async () => {
      const { data } = (await (await fetch(`${platform.mail.url}/mails`)).json()) as { data: ShownMail[] }
      expect(data.filter(({ to }) => to === email).map(({ subject }) => subject)).toContain(
        'Your second factor was changed',
      )
    },
    { timeout: 10_000, interval: 50 },
  )
})

test('who has no second factor where the tenant requires one sets it up on the way in, and is in no service until then', async () => {
  const { email, password, user } = await register()
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: '/gatehouse_directory' }).href
  const directory = connect({ url, poolSize: 1, applicationName: 'journey' })
  await directory.orm.execute(sql`
    insert into tenant_settings (tenant_id, settings) values (${user.tenantId}, '{"features":{"mfaRequired":true}}')
    on conflict (tenant_id) do update set settings = excluded.settings`)
  await directory.close()

  const refused = await call('/auth/login', { email, password })
  expect(refused).toMatchObject({ status: 403, json: { code: 'mfa_enrolment_required' } })
  const { enrolmentToken } = refused.json
  for (const route of ['/users/me', '/roles', '/audit-logs', '/partner/clients', '/users/me/mfa'])
    expect((await call(route, undefined, enrolmentToken)).status).toBe(401)

  const { secret } = (await call('/auth/mfa/enrol', { enrolmentToken })).json
  const { status, json } = await call('/auth/mfa/enrol/confirm', { enrolmentToken, code: codeOf(secret) })
  expect(status).toBe(200)
  expect(json.recoveryCodes.length).toBe(10)
  expect((await call('/users/me', undefined, json.accessToken)).json).toMatchObject({ email })
})
