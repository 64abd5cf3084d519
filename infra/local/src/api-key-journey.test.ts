import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@gatehouse/db/connect'
import { type SQL, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

/** A route of each service that a key of an administrator opens. */
const routes = ['/api-keys', '/roles', '/audit-logs', '/partner/clients']

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-api-keys-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

type Headers = Record<string, string>

/** Calls the API through the gateway. */
async function call(path: string, headers: Headers, body?: object, method = body ? 'POST' : 'GET') {
  const response = await fetch(`${platform.url}/api${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined }
}

const statusesWith = async (headers: Headers) =>
  Promise.all(routes.map(async (route) => (await call(route, headers)).status))

const everywhere = (status: number) => routes.map(() => status)

/** Somebody with a tenant of their own, and a key that may do all that they may. */
async function ownerOfKey() {
  const registered = await call(
    '/auth/register',
    {},
    {
      email: `${crypto.randomUUID()}@people.example`,
      password: 'correct horse battery staple',
      firstName: 'Ada',
      lastName: 'Lovelace',
      companyName: 'Analytical Engines',
      country: 'GB',
    },
  )
  const { accessToken, user } = registered.json
  const token = { authorization: `Bearer ${accessToken}` }
  const created = await call('/api-keys', token, { name: 'ci', userId: user.id })
  expect(created.status).toBe(201)
  const { id, key } = created.json
  return { user, token, id, asHeader: { 'x-api-key': key }, asBearer: { authorization: `Bearer ${key}` } }
}

/** A token of the platform's first administrator. */
async function asPlatform() {
  const { email, password } = platform.admin
  const { json } = await call('/auth/login', {}, { email, password })
  return { authorization: `Bearer ${json.accessToken}` }
}

async function inDatabase(name: string, statement: SQL) {
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: `/${name}` }).href
  const database = connect({ url, poolSize: 1, applicationName: 'journey' })
  const rows = await database.orm.execute(statement)
  await database.close()
  return [...rows]
}

test('a key opens every service by both headers, says when it was used, and is refused everywhere once it is deleted', async () => {
  const { token, id, asHeader, asBearer } = await ownerOfKey()
  expect(await statusesWith(asHeader)).toEqual(everywhere(200))
  expect(await statusesWith(asBearer)).toEqual(everywhere(200))
  await vi.waitFor(async () => {
    const { data } = (await call('/api-keys', token)).json
    expect(data).toMatchObject([{ id, lastUsedAt: expect.any(String) }])
  }, 10_000)

  expect((await call(`/api-keys/${id}`, token, undefined, 'DELETE')).status).toBe(204)
  await vi.waitFor(
    async () => {
      expect(await statusesWith(asHeader)).toEqual(everywhere(401))
      expect(await statusesWith(asBearer)).toEqual(everywhere(401))
    },
    { timeout: 5000, interval: 20 },
  )
  expect(await statusesWith(token)).toEqual(everywhere(200))
})

test('what a key did is in the audit log, with whose and through which service it came', async () => {
  const { user, token, id, asHeader } = await ownerOfKey()
  await call('/roles', asHeader)
  await vi.waitFor(async () => {
    const { json } = await call('/audit-logs', token)
    const story = json.data.map(
      (entry: { actorId: string; action: string }) => `${entry.actorId} ${entry.action}`,
    )
    expect(story).toContain(`${user.id} api_key.created`)
    expect(story).toContain('directory token.exchanged')
    const exchanged = json.data.find(({ actorId }: { actorId: string }) => actorId === 'directory')
    expect(exchanged.metadata).toMatchObject({ subjectKind: 'api_key', subjectId: id, audience: 'directory' })
  }, 10_000)
})

/** Who puts a person out, and by which routes: their tenant, out of itself, or the platform, out of everywhere. */
const suspensions = [
  ['their tenant suspends them', 'deactivate', 'reactivate'],
  ['the platform suspends them', 'suspend', 'reinstate'],
] as const

test.each(suspensions)(
  'A18: a key goes with its owner: refused everywhere once %s, and good again when they are let in again',
  async (_, out, back) => {
    const admin = await ownerOfKey()
    const owner = await ownerOfKey()
    const { tenantId } = admin.user
    await inDatabase(
      'gatehouse_directory',
      sql`insert into memberships (tenant_id, user_id) values (${tenantId}, ${owner.user.id})`,
    )
    await inDatabase(
      'gatehouse_directory',
      sql`insert into role_assignments (tenant_id, user_id, role_id)
      select ${tenantId}, ${owner.user.id}, role_id from role_assignments where user_id = ${admin.user.id}`,
    )
    const created = await call('/api-keys', admin.token, { name: 'ci', userId: owner.user.id })
    const key = { 'x-api-key': created.json.key }
    const path = `/users/${owner.user.id}`
    expect(await statusesWith(key)).toEqual(everywhere(200))
    expect(await statusesWith(owner.asHeader)).toEqual(everywhere(200))

    const isOfPlatform = out === 'suspend'
    const by = isOfPlatform ? await asPlatform() : admin.token
    expect((await call(`${path}/${out}`, by, {})).status).toBeLessThan(300)
    // Whom their tenant suspends goes on in one of their own, by another token.
    const elsewhere = everywhere(isOfPlatform ? 401 : 200)
    await vi.waitFor(
      async () => {
        expect(await statusesWith(key)).toEqual(everywhere(401))
        expect(await statusesWith(owner.token)).toEqual(everywhere(401))
        expect(await statusesWith(owner.asHeader)).toEqual(elsewhere)
      },
      { timeout: 5000, interval: 20 },
    )
    expect(await statusesWith(admin.token)).toEqual(everywhere(200))

    expect((await call(`${path}/${back}`, by, {})).status).toBeLessThan(300)
    await vi.waitFor(async () => expect(await statusesWith(key)).toEqual(everywhere(200)), {
      timeout: 15_000,
      interval: 200,
    })
  },
  30_000,
)

test('deleting a person ends their session and their key everywhere, and auth keeps nothing that was theirs', async () => {
  const { user, token, asHeader } = await ownerOfKey()
  expect(await statusesWith(asHeader)).toEqual(everywhere(200))
  const { email, password } = platform.admin
  const administrator = (await call('/auth/login', {}, { email, password })).json.accessToken
  const headers = { authorization: `Bearer ${administrator}` }
  expect((await call(`/users/${user.id}/delete`, headers, {}, 'POST')).status).toBe(204)
  const isOver = async () => {
    expect(await statusesWith(asHeader)).toEqual(everywhere(401))
    expect(await statusesWith(token)).toEqual(everywhere(401))
    expect(await possessionsOf(user.id)).toEqual([{ n: 0 }])
  }
  await vi.waitFor(isOver, { timeout: 15_000, interval: 100 })
}, 30_000)

const possessionsOf = (userId: string) =>
  inDatabase(
    'gatehouse_auth',
    sql`select ((select count(*) from sessions where user_id = ${userId}) + (select count(*) from api_keys where user_id = ${userId})
      + (select count(*) from credentials where user_id = ${userId}) + (select count(*) from one_time_tokens where user_id = ${userId}))::int as n`,
  )

test('while NATS is away a token that was logged out and a key that was deleted are refused all the same and the others pass, and where auth is away too the answer is to try again', async () => {
  const gone = await ownerOfKey()
  const other = await ownerOfKey()
  for (const headers of [gone.token, gone.asHeader, other.token, other.asHeader]) {
    expect(await statusesWith(headers)).toEqual(everywhere(200))
  }
  await standingStill(platform.nats?.pid, async () => {
    expect((await call(`/api-keys/${gone.id}`, gone.token, undefined, 'DELETE')).status).toBe(204)
    expect((await call('/auth/logout', gone.token, {})).status).toBe(204)
    await vi.waitFor(
      async () => {
        expect(await statusesWith(gone.token)).toEqual(everywhere(401))
        expect(await statusesWith(gone.asHeader)).toEqual(everywhere(401))
      },
      { timeout: 25_000, interval: 200 },
    )
    expect(await statusesWith(other.token)).toEqual(everywhere(200))
    expect(await statusesWith(other.asHeader)).toEqual(everywhere(200))

    await standingStill(platform.services.auth.pid, () =>
      vi.waitFor(async () => {
        const answer = await fetch(`${platform.url}/api/roles`, { headers: other.token })
        expect(answer.status).toBe(503)
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      }, 15_000),
    )
    await vi.waitFor(async () => expect(await statusesWith(other.token)).toEqual(everywhere(200)), 10_000)
  })
}, 90_000)

/** Does `work` while a process stands still: its connections stay open, and nothing comes. */
async function standingStill(pid: number | undefined, work: () => Promise<void>) {
  if (pid === undefined) throw new Error('the process is not ours')
  process.kill(pid, 'SIGSTOP')
  try {
    await work()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
