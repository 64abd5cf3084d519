import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Erased } from '@gatehouse/contracts/erasure'
import { PersonalData } from '@gatehouse/contracts/privacy'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../platform.ts'
import { exceptions, openToPeople } from './coverage.ts'
import { hasOnlyGrown, isProven, keysFrom } from './ledger.ts'
import { administratorOf, type Person, password, somebody } from './person.ts'
import { type Post, startPost } from './post.ts'
import { traces } from './traces.ts'
import { useEverything } from './use-everything.ts'
import { type Provider, startProvider } from './use-provider.ts'
import { invite } from './use-tenant.ts'

let folder: string
let platform: Platform
let post: Post
let provider: Provider
const log: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-privacy-'))
  post = await startPost(folder)
  provider = await startProvider()
  platform = await startPlatform({
    folder,
    durable: false,
    env: { ERASURE_GRACE: '0s', LOG_LEVEL: 'info', SMTP_URL: post.url, ...provider.env },
    log: (_, line) => log.push(line),
  })
})

afterAll(async () => {
  await platform?.stop()
  await provider?.stop()
  await post?.stop()
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
  const admin = await administratorOf(platform)
  return (await admin.done(`/audit-logs?limit=100&actorId=${actorId}`)).data
}

const search = (needles: readonly string[]) => traces({ platform, folder, log }, needles)

/** Everything that an export can tell somebody of, who has used everything. */
const exported = {
  directory: ['consents', 'email_changes', 'invites', 'mails', 'memberships', 'role_assignments', 'users'],
  auth: [
    'api_keys',
    'credentials',
    'linked_identities',
    'mails',
    'mfa_factors',
    'one_time_tokens',
    'recovery_codes',
    'sessions',
  ],
  audit: ['entries by them', 'entries by their API keys'],
  'partner-gateway': ['oauth_clients'],
}

/** Their export tells them of all of it, by no other name than it is published by, and of no secret. */
async function expectExported(person: Person) {
  const { text } = await person.call('/users/me/export')
  const { services } = PersonalData.parse(JSON.parse(text))
  for (const [service, tables] of Object.entries(exported))
    expect(Object.keys(services[service as 'auth'] ?? {}), service).toEqual(expect.arrayContaining(tables))
  expect(
    /.{40}(gate_live_[\w-]+_[\w-]{20}|gate_(inv|ott|eml)_[\w-]{20}|digest|sealed|passwordHash).{20}/i.exec(
      text,
    )?.[0],
  ).toBeUndefined()
  expect(person.state.recoveryCodes.filter((code) => text.includes(code))).toEqual([])
}

/** Waits till what they have left is wherever it could be. */
const untilEverywhere = ({ canaries }: Person) =>
  vi.waitFor(
    async () =>
      expect(await search(canaries)).toEqual(
        expect.arrayContaining([
          'directory: public.users',
          'directory: public.outbox',
          'directory: public.idempotency_keys',
          'directory, waiting mail: Confirm your new e-mail address',
          expect.stringMatching(/^directory, waiting mail: You are invited to /),
          'auth: public.sessions',
          'auth: public.linked_identities',
          'auth: public.outbox',
          'auth, waiting mail: something asked for',
          'partner-gateway: public.oauth_clients',
          expect.stringMatching(/^NATS: .*IDENTITY/),
        ]),
      ),
    soon,
  )

/** Waits till nothing is left of somebody but the mail that tells them, which is for them to get yet. */
const untilGone = ({ canaries }: Person) =>
  vi.waitFor(async () => {
    const found = await search(canaries)
    expect(found.filter((one) => one !== 'directory, waiting mail: Your account will be erased')).toEqual([])
  }, soon)

/** Mail to somebody, and about them, that can't be sent. */
async function leaveMailWaiting(person: Person, mate: Person) {
  await post.close()
  await mate.done(`/tenants/${mate.tenantId}/invites`, { email: person.state.email })
  await person.done(`/users/${person.id}`, { email: `${person.its()}@people.example` }, 'PATCH')
  await person.done('/auth/forgot-password', { email: person.state.email })
}

/** Waits till every service has erased its part. */
const untilDone = (requestId: string, witness: Person) =>
  vi.waitFor(async () => {
    const { json } = await witness.call(`/erasure-requests/${requestId}`)
    expect(json).toMatchObject({ status: 'completed', receipts: { directory: {}, auth: {}, audit: {} } })
  }, soon)

type PersonsReceipts = Record<string, Erased>

/** The receipt stands in the ledger of the platform, and that is signed. */
async function expectReceipt(receipts: PersonsReceipts, keys: Awaited<ReturnType<typeof keysFrom>>) {
  const admin = await administratorOf(platform)
  const entry = await vi.waitFor(async () => {
    const { data } = await admin.done('/audit-logs?limit=100&action=privacy.erased')
    const told = Object.entries(receipts).map(([service, { erased, erasedAt }]) => ({
      service,
      erasedAt,
      erased: Object.entries(erased).map(([table, rows]) => ({ table, rows })),
    }))
    const found = data.find(({ metadata }: { metadata: object }) =>
      isDeepStrictEqual(metadata, { ...metadata, receipts: told }),
    )
    expect(found).toBeDefined()
    return found
  }, soon)
  const isSigned = async () => {
    const { status, text } = await admin.call(`/audit-logs/${entry.id}/proof`)
    expect(status).toBe(200)
    expect(isProven(text, keys)).toBe(true)
  }
  await vi.waitFor(isSigned, soon)
}

/** Everything that can be called, and was not, but for what need not be. */
const expectAllUsed = ({ used }: Person) => {
  const unused = openToPeople.map(({ schema }) => schema.operationId).filter((name) => !used.has(name))
  expect(unused.sort(), 'what no canary was given to').toEqual(Object.keys(exceptions).sort())
}

/** Has them ask to be erased, and waits till that is done. */
async function erase(person: Person, witness: Person) {
  const json = await person.done('/users/me/erase', person.proof())
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
    directory: { users: [{ email: ada.state.email }], consents: [{ granted: true }] },
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
  const [ada, grace, mate] = [await somebody(platform), await somebody(platform), await somebody(platform)]
  await useEverything(ada, { mate, admin: await administratorOf(platform), post, provider })
  // Ada is in a tenant of Grace's too.
  const token = await invite(ada, grace, post)
  await leaveMailWaiting(ada, mate)
  await ada.done('/tenants/invites/accept', { token })
  await ada.enter('/auth/switch-tenant', { tenantId: grace.tenantId, mfaCode: ada.proof().mfaCode })
  await vi.waitFor(async () => expect((await logged(ada.id)).length).toBeGreaterThan(50), soon)

  await untilEverywhere(ada)
  await expectExported(ada)

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

  const { receipts } = await erase(ada, grace)
  expect(receipts).toMatchObject({
    directory: { erased: { users: 1, consents: 5, mails: expect.any(Number) } },
    auth: { erased: { credentials: 1, api_keys: 3, linked_identities: 1, mfa_factors: 1 } },
    'partner-gateway': { erased: { oauth_clients: 2 } },
    audit: { erased: { subject_keys: 1 } },
  })
  // Their client doesn't know yet, and goes on asking.
  expect((await ada.as(ada.headers).call('/users/me')).status).toBe(401)
  expect((await grace.call('/auth/login', { email: ada.state.email, password })).status).toBe(401)
  await untilGone(ada)
  expectAllUsed(ada)

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
  await expectReceipt(receipts, keys)
}, 180_000)

test('an erasure is completed though every service that takes part is killed as it begins', async () => {
  const [ada, grace] = [await somebody(platform), await somebody(platform)]
  const request = await ada.call('/users/me/erase', ada.proof())
  expect(request.status).toBe(202)
  for (const service of ['directory', 'auth', 'audit', 'partner-gateway'] as const)
    platform.services[service].kill()
  await untilDone(request.json.id, grace)
  await untilGone(ada)
}, 90_000)

test('an erasure that begins while NATS is away goes as far as it can, and is completed once that is back', async () => {
  const [ada, grace] = [await somebody(platform), await somebody(platform)]
  const nats = platform.nats?.pid ?? Number.NaN
  // A server that is killed is started again at once; one that hangs is away for as long.
  process.kill(nats, 'SIGSTOP')
  onTestFinished(() => void process.kill(nats, 'SIGCONT'))
  const request = await ada.call('/users/me/erase', ada.proof())
  expect(request.status).toBe(202)
  const hasBegun = async () => {
    const { json } = await grace.call(`/erasure-requests/${request.json.id}`)
    expect(json).toMatchObject({ status: 'running', receipts: { directory: { erased: { users: 1 } } } })
    // Nobody else is asked before it is written down, outside of all databases, who is gone.
    expect(Object.keys(json.receipts)).toEqual(['directory'])
  }
  await vi.waitFor(hasBegun, soon)
  process.kill(nats, 'SIGCONT')
  await untilDone(request.json.id, grace)
  await untilGone(ada)
}, 120_000)
