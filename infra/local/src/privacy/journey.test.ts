import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PersonalData } from '@gatehouse/contracts/privacy'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../platform.ts'
import { hasOnlyGrown, isProven, keysFrom } from './ledger.ts'
import { type Person, password, somebody, useEverything } from './person.ts'
import { traces } from './traces.ts'

let folder: string
let platform: Platform
const log: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-privacy-'))
  platform = await startPlatform({
    folder,
    durable: false,
    env: { ERASURE_GRACE: '0s', LOG_LEVEL: 'info' },
    log: (_, line) => log.push(line),
  })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A machine that does everything at once may take its time. */
const soon = { timeout: 60_000, interval: 200 }

interface Entry {
  readonly id: string
  readonly actorId: string
  readonly action: string
  readonly erased: boolean
  readonly sourceIp: string | null
}

/** What the log says that somebody did, as an administrator of the platform reads it. */
async function logged(actorId: string): Promise<Entry[]> {
  const api = `${platform.url}/api`
  const { email, password } = platform.admin
  const signedIn = await fetch(`${api}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await fetch(`${api}/audit-logs?limit=100&actorId=${actorId}`, { headers })
  return ((await answer.json()) as { data: Entry[] }).data
}

const search = (needles: readonly string[]) => traces({ platform, folder, log }, needles)

/** Has them ask to be erased, and waits till that is done. */
async function erase(person: Person, witness: Person) {
  const { json } = await person.call('/users/me/erase', { password })
  const follow = async () => (await witness.call(`/erasure-requests/${json.id}`)).json
  await vi.waitFor(async () => expect(await follow()).toMatchObject({ status: 'completed' }), soon)
  return follow()
}

test('G3: an export has what all services hold on the person, as JSON and as an archive', async () => {
  const ada = await somebody(platform)
  await ada.done('/users/me/consent', { consentType: 'marketing', granted: true })
  await ada.done('/api-keys', { name: 'of Ada', userId: ada.id })
  await ada.done('/partner/clients', { name: 'Difference Ltd', scopes: ['users:read'] })
  await vi.waitFor(async () => expect((await logged(ada.id)).length).toBeGreaterThan(4), soon)
  const { services } = PersonalData.parse(await ada.done('/users/me/export'))
  expect(services).toMatchObject({
    directory: { users: [{ email: ada.email }], consents: [{ granted: true }] },
    auth: { sessions: [{ userId: ada.id }], api_keys: [{ name: 'of Ada' }] },
    'partner-gateway': { oauth_clients: [{ createdBy: ada.id, name: 'Difference Ltd' }] },
  })
  expect(JSON.stringify(services.audit)).toContain('consent.recorded')
  const archive = await fetch(`${platform.url}/api/users/me/export`, {
    headers: { ...ada.headers(), accept: 'application/zip' },
  })
  expect(archive.headers.get('content-type')).toBe('application/zip')
  expect(Buffer.from(await archive.arrayBuffer()).toString('latin1', 0, 2)).toBe('PK')
}, 60_000)

test('G1, S9: who is erased is found nowhere: in no database, file of NATS, log or metric; every proof made before holds, and others are readable', async () => {
  const [ada, grace] = [await somebody(platform), await somebody(platform)]
  const canaries = [...ada.canaries, ...(await useEverything(ada))]
  // Ada is in a tenant of Grace's too.
  await grace.done(`/tenants/${grace.tenantId}/invites`, { email: ada.email })
  await ada.done('/tenants/invites/accept', { token: await inviteTo(ada.email) })
  await ada.enter('/auth/switch-tenant', { tenantId: grace.tenantId })
  await vi.waitFor(async () => expect((await logged(ada.id)).length).toBeGreaterThan(20), soon)
  expect(await search(canaries)).toEqual(
    expect.arrayContaining([
      'directory: public.users',
      'directory: public.outbox',
      'directory: public.idempotency_keys',
      'auth: public.sessions',
      'auth: public.outbox',
      'partner-gateway: public.oauth_clients',
      expect.stringMatching(/^NATS: .*IDENTITY/),
    ]),
  )

  const keys = await keysFrom(grace)
  const before = (await grace.call('/audit-logs/checkpoint')).text
  const { data } = await grace.done('/audit-logs?limit=100')
  const ids: string[] = data.map(({ id }: Entry) => id)
  expect(data.some(({ actorId }: Entry) => actorId === ada.id)).toBe(true)
  // The newest have one within a second, with the next signature.
  const proofOf = (id: string) =>
    vi.waitFor(async () => {
      const { status, text } = await grace.call(`/audit-logs/${id}/proof`)
      expect(status).toBe(200)
      return text
    }, soon)
  const proofs = await Promise.all(ids.map(proofOf))

  expect(await erase(ada, grace)).toMatchObject({
    receipts: {
      directory: { erased: { users: 1, consents: 2 } },
      auth: { erased: { credentials: 1, api_keys: 2 } },
      'partner-gateway': { erased: { oauth_clients: 1 } },
      audit: { erased: { subject_keys: 1 } },
    },
  })
  // Their client doesn't know yet, and goes on asking.
  expect((await ada.call('/users/me')).status).toBe(401)
  expect((await grace.call('/auth/login', { email: ada.email, password })).status).toBe(401)
  await vi.waitFor(async () => expect(await search(canaries)).toEqual([]), soon)

  for (const proof of proofs) expect(isProven(proof, keys)).toBe(true)
  for (const id of ids) expect(isProven(await proofOf(id), keys)).toBe(true)
  expect(await hasOnlyGrown(grace, before, keys)).toBe(true)
  const ofAda = await logged(ada.id)
  expect(ofAda.length).toBeGreaterThan(20)
  for (const entry of ofAda) expect(entry).toMatchObject({ erased: true, sourceIp: null })
  for (const entry of await logged(grace.id)) {
    // What she did to Ada is Ada's.
    const erased = entry.action === 'invite.created'
    expect(entry).toMatchObject({ erased, sourceIp: expect.any(String) })
  }
  expect((await logged('directory')).map(({ action }) => action)).toContain('privacy.erased')
}, 180_000)

test('an erasure is completed though every service that takes part is killed as it begins', async () => {
  const [ada, grace] = [await somebody(platform), await somebody(platform)]
  const request = await ada.call('/users/me/erase', { password })
  expect(request.status).toBe(202)
  for (const service of ['directory', 'auth', 'audit', 'partner-gateway'] as const)
    platform.services[service].kill()
  const isDone = async () => {
    const { json } = await grace.call(`/erasure-requests/${request.json.id}`)
    expect(json).toMatchObject({ status: 'completed', receipts: { directory: {}, auth: {}, audit: {} } })
    expect(await search(ada.canaries)).toEqual([])
  }
  await vi.waitFor(isDone, soon)
}, 90_000)

/** The token of an invite, as its mail has it. */
async function inviteTo(email: string) {
  return vi.waitFor(async () => {
    const { data } = (await (await fetch(`${platform.mail.url}/mails`)).json()) as {
      data: { to: string; subject: string; text: string }[]
    }
    const mail = data.find(({ to, text }) => to.includes(email) && text.includes('gate_inv_'))
    const [token] = /gate_inv_[\w-]+/.exec(mail?.text ?? '') ?? []
    expect(token).toBeDefined()
    return token
  }, soon)
}
