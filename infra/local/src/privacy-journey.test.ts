import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PersonalData } from '@gatehouse/contracts/privacy'
import { connect } from '@gatehouse/db/connect'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-privacy-'))
  platform = await startPlatform({ folder, durable: false, env: { ERASURE_GRACE: '0s' } })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

const password = 'correct horse battery staple'

/** Somebody whose every string is found nowhere else, and what they can be found by. */
async function somebody() {
  const canaries = Array.from({ length: 5 }, () => `canary${crypto.randomUUID().replaceAll('-', '')}`)
  const [name, firstName, lastName, agent, key] = canaries
  const email = `${name}@people.example`
  const person = { email, password, firstName, lastName, companyName: `c${crypto.randomUUID()}` }
  let token = ''
  const call = async (path: string, body?: object, method = body ? 'POST' : 'GET') => {
    const response = await fetch(`${platform.url}/api${path}`, {
      method,
      headers: {
        'user-agent': `${agent}`,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text ? JSON.parse(text) : undefined }
  }
  const registered = (await call('/auth/register', person)).json
  token = registered.accessToken
  const id: string = registered.user.id
  await call('/users/me/consent', { consentType: 'marketing', granted: true })
  expect((await call('/api-keys', { name: key, userId: id })).status).toBe(201)
  expect((await call('/users/me', { lastName: `${lastName}son` }, 'PATCH')).status).toBe(200)
  return { id, email, canaries, call, headers: () => ({ authorization: `Bearer ${token}` }) }
}

/** What the log says that somebody did, as an administrator of the platform reads it. */
async function logged(actorId: string) {
  const api = `${platform.url}/api`
  const { email, password } = platform.admin
  const signedIn = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await fetch(`${api}/audit-logs?actorId=${actorId}`, { headers })
  return ((await answer.json()) as { data: { erased: boolean; sourceIp: string | null }[] }).data
}

/** Every table of every service where one of the strings is, but for what waits to be sent, or was within a week. */
async function traces(canaries: readonly string[]) {
  const found: string[] = []
  for (const service of ['auth', 'directory', 'audit', 'partner_gateway']) {
    const url = Object.assign(new URL(platform.databaseUrl), { pathname: `/gatehouse_${service}` }).href
    const database = connect({ url, poolSize: 1, applicationName: 'journey' })
    const tables = await database.orm.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_name <> 'outbox'`,
    )
    for (const { name } of tables) {
      const pattern = `%(${canaries.join('|')})%`
      const rows = await database.orm.execute(
        sql`select 1 from ${sql.identifier(name)} t where t::text similar to ${pattern} limit 1`,
      )
      if (rows.length > 0) found.push(`${service}.${name}`)
    }
    await database.close()
  }
  return found
}

test('G3: an export has what all services hold on the person, as JSON and as an archive', async () => {
  const ada = await somebody()
  await vi.waitFor(async () => expect((await logged(ada.id)).length).toBeGreaterThan(3), {
    timeout: 10_000,
  })
  const exported = await ada.call('/users/me/export')
  expect(exported.status).toBe(200)
  const { services } = PersonalData.parse(exported.json)
  expect(services).toMatchObject({
    directory: { users: [{ email: ada.email }], consents: [{ granted: true }] },
    auth: { sessions: [{ userId: ada.id }], api_keys: [{ name: ada.canaries[4] }] },
  })
  expect(JSON.stringify(services.audit)).toContain('consent.recorded')
  const archive = await fetch(`${platform.url}/api/users/me/export`, {
    headers: { ...ada.headers(), accept: 'application/zip' },
  })
  expect(archive.headers.get('content-type')).toBe('application/zip')
  expect(Buffer.from(await archive.arrayBuffer()).toString('latin1', 0, 2)).toBe('PK')
}, 30_000)

test('G1: of who is erased there is no trace in any table, others stay, and the log says that it was so', async () => {
  const [ada, grace] = [await somebody(), await somebody()]
  await vi.waitFor(async () => expect((await logged(ada.id)).length).toBeGreaterThan(3), {
    timeout: 10_000,
  })
  const found = await traces(ada.canaries)
  expect(found).toEqual(expect.arrayContaining(['directory.users', 'auth.sessions', 'auth.api_keys']))

  expect((await ada.call('/users/me/erase', { password: 'a wrong horse, a wrong staple' })).status).toBe(403)
  const request = await ada.call('/users/me/erase', { password })
  expect(request.status).toBe(202)
  const follow = async () => (await grace.call(`/erasure-requests/${request.json.id}`)).json
  await vi.waitFor(async () => expect(await follow()).toMatchObject({ status: 'completed' }), {
    timeout: 10_000,
  })
  expect((await follow()).receipts).toMatchObject({
    directory: { erased: { users: 1, consents: 1 } },
    auth: { erased: { credentials: 1, api_keys: 1 } },
    audit: { erased: { subject_keys: 1 } },
  })
  expect((await ada.call('/users/me')).status).toBe(401)
  expect((await grace.call('/auth/login', { email: ada.email, password })).status).toBe(401)

  await vi.waitFor(async () => expect(await traces(ada.canaries)).toEqual([]), { timeout: 10_000 })
  const ofAda = await logged(ada.id)
  expect(ofAda.length).toBeGreaterThan(3)
  for (const entry of ofAda) expect(entry).toMatchObject({ erased: true, sourceIp: null })
  for (const entry of await logged(grace.id))
    expect(entry).toMatchObject({ erased: false, sourceIp: expect.any(String) })
  const receipts = await logged('directory')
  expect(JSON.stringify(receipts)).toContain('privacy.erased')
}, 60_000)

test('an erasure is completed though every service that takes part is killed as it begins', async () => {
  const [ada, grace] = [await somebody(), await somebody()]
  const request = await ada.call('/users/me/erase', { password })
  expect(request.status).toBe(202)
  for (const service of ['directory', 'auth', 'audit'] as const) platform.services[service].kill()
  const isDone = async () => {
    const { json } = await grace.call(`/erasure-requests/${request.json.id}`)
    expect(json).toMatchObject({ status: 'completed', receipts: { directory: {}, auth: {}, audit: {} } })
    expect(await traces(ada.canaries)).toEqual([])
  }
  await vi.waitFor(isDone, { timeout: 50_000, interval: 200 })
}, 60_000)
