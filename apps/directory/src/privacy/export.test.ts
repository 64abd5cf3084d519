import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { permissionNames } from '@gatehouse/contracts/permissions'
import type { PersonalDataPart } from '@gatehouse/contracts/personal-data'
import { PersonalData } from '@gatehouse/contracts/privacy'
import { unavailable } from '@gatehouse/contracts/problems'
import { strFromU8, unzipSync } from 'fflate'
import { expect, test, vi } from 'vitest'
import { dataMap } from '../data-map.ts'
import { harness } from '../harness.ts'
import type { Source } from './sources.ts'

const part = (record: object, nextCursor: string | null = null): PersonalDataPart => ({
  records: [{ table: 'sessions', record: record as Record<string, never> }],
  nextCursor,
})
const auth = { service: 'auth', read: async () => part({ sourceIp: '192.0.2.1' }) } as Source
/** Answers its first part, and is gone. */
const broken: Source = {
  service: 'audit',
  read: async (cursor) => {
    if (cursor !== undefined) throw unavailable()
    return part({ action: 'session.started' }, 'next')
  },
}
let others: readonly Source[] | Error = []

const { app, as, enter, emitted } = await harness({
  otherSources: async () => {
    if (others instanceof Error) throw others
    return others
  },
})
await app.listen({ port: 0, host: '127.0.0.1' })
const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/users/me/export`

async function somebody(given = {}) {
  const { person } = await enter(given)
  const { tenantId, userId } = person
  const headers = await as({ tenantId, subject: userId, permissions: permissionNames })
  const post = (path: string, payload: object) =>
    app.inject({ method: 'POST', url: `/api${path}`, headers, payload })
  return { ...person, headers, post }
}

const exported = (headers: Record<string, string>) => app.inject({ url: '/api/users/me/export', headers })

test('G3: an export holds all that is held on the person, as its published schema says, and nobody else', async () => {
  others = [auth]
  const [ada, grace] = [
    await somebody({ companyName: 'Engines' }),
    await somebody({ lastName: 'Hopper', companyName: 'Navy' }),
  ]
  await ada.post('/users/me/consent', { consentType: 'marketing', granted: true })
  await ada.post(`/tenants/${ada.tenantId}/invites`, { email: 'charles@engines.example' })
  await grace.post(`/tenants/${grace.tenantId}/invites`, { email: ada.email })
  await grace.post(`/tenants/${grace.tenantId}/invites`, { email: 'nobody@navy.example' })

  const answer = await exported(ada.headers)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' })
  const { userId, services } = PersonalData.parse(answer.json())
  expect(userId).toBe(ada.userId)
  expect(services.auth).toEqual({ sessions: [{ sourceIp: '192.0.2.1' }] })
  expect(services.directory).toMatchObject({
    users: [{ id: ada.userId, email: ada.email, firstName: 'Ada', lastName: 'Lovelace' }],
    memberships: [{ tenantName: 'Engines' }],
    role_assignments: [{ roleName: 'tenant-admin' }],
    consents: [{ consentType: 'marketing', granted: true }],
  })
  const invites = Object.entries(services.directory ?? {}).flatMap(([table, records]) =>
    table === 'invites' ? records.map(({ email }) => email) : [],
  )
  expect(invites.sort()).toEqual([ada.email, 'charles@engines.example'].sort())
  expect(answer.body).not.toMatch(/Hopper|nobody@navy.example|digest/)
  const told = (await emitted()).filter(({ subject }) => subject.endsWith('privacy.exported'))
  expect(told).toMatchObject([{ tenantId: ada.tenantId, payload: { data: { userId: ada.userId } } }])
})

test('G3: what is exported is what the data map calls personal, and never what it calls secret', async () => {
  others = []
  const ada = await somebody()
  await ada.post(`/tenants/${ada.tenantId}/invites`, { email: 'charles@engines.example' })
  const { services } = PersonalData.parse((await exported(ada.headers)).json())
  for (const [table, [record = {}]] of Object.entries(services.directory ?? {})) {
    const { subject, personal, ...data } = dataMap[table as 'invites']
    const named = Object.keys('named' in data ? data.named : {}).map((column) =>
      column.replace('_id', '_name'),
    )
    const columns = [...new Set([...subject, ...personal, ...named])]
    const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    expect(Object.keys(record).sort(), table).toEqual(columns.map(camelCase).sort())
  }
})

test('an archive has a file for each service and a page to read, whose text is only ever text', async () => {
  others = [auth]
  const ada = await somebody({ lastName: '<script>alert("1")</script>' })
  const answer = await exported({ ...ada.headers, accept: 'application/zip' })
  expect(answer.headers['content-type']).toBe('application/zip')
  const files = unzipSync(answer.rawPayload)
  expect(Object.keys(files).sort()).toEqual(['auth.json', 'directory.json', 'index.html'])
  const [directory, page] = [files['directory.json'], files['index.html']].map((file) =>
    strFromU8(file ?? new Uint8Array()),
  )
  expect(JSON.parse(directory ?? '').users).toMatchObject([{ email: ada.email }])
  expect(page).toContain(ada.email)
  expect(page).toContain('&lt;script&gt;')
  expect(page).not.toContain('<script>')
})

test('while a service is away there is no export, not a part of one, and none is recorded', async () => {
  const ada = await somebody()
  const away: Source = { service: 'audit', read: () => Promise.reject(unavailable()) }
  for (const state of [unavailable(), [auth, away]]) {
    others = state
    const answer = await exported(ada.headers)
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ code: 'service.unavailable' })
  }
  const told = (await emitted()).filter(({ tenantId }) => tenantId === ada.tenantId)
  expect(told.map(({ subject }) => subject)).not.toContain('identity.directory.privacy.exported')
})

test.each(['application/json', 'application/zip'])(
  'an export as %s that a service leaves half done breaks off, and never looks whole',
  async (accept) => {
    others = [auth, broken]
    const { headers } = await somebody()
    const answer = await fetch(url, { headers: { ...headers, accept } })
    expect(answer.status).toBe(200)
    await expect(answer.arrayBuffer()).rejects.toThrow()
  },
)

test.each(['application/json', 'application/zip'])(
  'an export as %s is read no faster than its reader reads, and no further once they hang up',
  async (accept) => {
    let parts = 0
    const line = randomBytes(75_000).toString('base64')
    const endless: Source = {
      service: 'audit',
      read: async () => {
        parts += 1
        return part({ line }, 'next')
      },
    }
    others = [endless]
    const { headers } = await somebody()
    const hangUp = new AbortController()
    const answer = await fetch(url, { headers: { ...headers, accept }, signal: hangUp.signal })
    await answer.body?.getReader().read()
    const stands = () =>
      vi.waitFor(
        async () => {
          const before = parts
          await new Promise((resolve) => setImmediate(resolve))
          await fetch(url)
          expect(parts).toBe(before)
          return before
        },
        { timeout: 10_000 },
      )
    expect(await stands()).toBeLessThan(200)
    hangUp.abort()
    await stands()
  },
)
