import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ShownMail } from './mail/mail-html.ts'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-invite-journey-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Call {
  readonly token?: string
  readonly method?: string
}

async function call(path: string, body?: unknown, { token, method }: Call = {}) {
  const response = await fetch(`${platform.url}/api${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined }
}

const person = (given: object = {}) => ({
  email: `${crypto.randomUUID()}@people.example`,
  password: 'correct horse battery staple',
  firstName: 'Grace',
  lastName: 'Hopper',
  ...given,
})

async function company() {
  const { json } = await call('/auth/register', person({ companyName: 'Analytical Engines' }))
  return { id: json.user.tenantId as string, token: json.accessToken as string, user: json.user }
}

/** The token in the mail that an invite was sent by. */
const tokenFor = (email: string) =>
  vi.waitFor(
    async () => {
      const { data } = (await (await fetch(`${platform.mail.url}/mails`)).json()) as { data: ShownMail[] }
      const texts = data.filter(({ to }) => to === email).map(({ text }) => text)
      const [, token] = /invites\?token=([\w-]+)/.exec(texts.join('\n')) ?? []
      expect(token).toBeDefined()
      return token as string
    },
    { timeout: 10_000, interval: 50 },
  )

test('somebody new registers with the invite that came by mail, and is in that tenant with a proven address', async () => {
  const { id, token } = await company()
  const guest = person()
  expect(
    (await call(`/tenants/${id}/invites`, { email: guest.email, role: 'auditor' }, { token })).status,
  ).toBe(201)
  const inviteToken = await tokenFor(guest.email)
  const offer = await call(`/tenants/invites/validate/${inviteToken}`)
  expect(offer.json).toMatchObject({ tenantName: 'Analytical Engines', role: 'auditor' })

  const other = await call('/auth/register', { ...person(), inviteToken })
  expect(other).toMatchObject({ status: 403, json: { code: 'invite.for_another' } })
  const joined = await call('/auth/register', { ...guest, inviteToken })
  expect(joined).toMatchObject({
    status: 201,
    json: { user: { tenantId: id, roles: ['auditor'], emailVerified: true } },
  })
  expect((await call('/auth/register', { ...person(), inviteToken })).status).toBe(410)
  const { json } = await call('/users?sort=email', undefined, { token })
  expect(json.data).toHaveLength(2)
})

test('somebody with an account accepts, goes on in the other tenant, and is out of it once they are removed', async () => {
  const host = await company()
  const guest = person({ companyName: 'Navy' })
  const { json: own } = await call('/auth/register', guest)
  await call(`/tenants/${host.id}/invites`, { email: guest.email }, { token: host.token })
  const accepted = await call(
    '/tenants/invites/accept',
    { token: await tokenFor(guest.email) },
    { token: own.accessToken },
  )
  expect(accepted.json).toEqual({ id: host.id, name: 'Analytical Engines', roles: ['member'] })

  const switched = await call('/auth/switch-tenant', { tenantId: host.id }, { token: own.accessToken })
  expect(switched).toMatchObject({ status: 200, json: { user: { tenantId: host.id, roles: ['member'] } } })
  const there = { token: switched.json.accessToken }
  expect((await call('/users', undefined, there)).json.data).toHaveLength(2)

  const removed = await call(`/users/${own.user.id}`, undefined, { token: host.token, method: 'DELETE' })
  expect(removed.status).toBe(204)
  await vi.waitFor(async () => expect((await call('/users', undefined, there)).status).toBe(401), {
    timeout: 5000,
    interval: 20,
  })
  expect((await call('/auth/refresh', { refreshToken: switched.json.refreshToken })).status).toBe(401)
  const again = await call('/auth/login', { email: guest.email, password: guest.password })
  expect(again.json.user).toMatchObject({ tenantId: own.user.tenantId, roles: ['tenant-admin'] })
})

test('a tenant that is suspended lets nobody in, and everybody again afterwards', async () => {
  const { id, token } = await company()
  const { json: admin } = await call('/auth/login', platform.admin)
  const asPlatform = { token: admin.accessToken }
  const { json: entered } = await call('/auth/register', person({ companyName: 'Other' }))
  expect((await call(`/tenants/${id}/suspend`, {}, asPlatform)).status).toBe(200)
  await vi.waitFor(async () => expect((await call('/users/me', undefined, { token })).status).toBe(401), {
    timeout: 5000,
    interval: 20,
  })
  expect((await call('/users/me', undefined, { token: entered.accessToken })).status).toBe(200)
  expect((await call(`/tenants/${id}/reactivate`, {}, asPlatform)).json.status).toBe('active')
})

test('a tenant that asks for a second factor asks from the next sign-in on', async () => {
  const owner = person({ companyName: 'Careful' })
  const { json: registered } = await call('/auth/register', owner)
  const { json: admin } = await call('/auth/login', platform.admin)
  const changed = await call(
    `/tenants/${registered.user.tenantId}/settings`,
    { features: { mfaRequired: true } },
    { token: admin.accessToken, method: 'PATCH' },
  )
  expect(changed.status).toBe(200)
  const { email, password } = owner
  const refused = await call('/auth/login', { email, password })
  expect(refused).toMatchObject({ status: 403, json: { code: 'mfa_enrolment_required' } })
})
