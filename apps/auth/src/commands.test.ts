import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readInPlatform } from '@gatehouse/db/tenant'
import { signingKeys } from '@gatehouse/keys/signing-keys'
import { commandOf } from '@gatehouse/testing/command'
import { createTestDatabase } from '@gatehouse/testing/database'
import { natsPassword, natsUser } from '@gatehouse/testing/nats-accounts'
import { describe, expect, inject, test } from 'vitest'
import { enterServiceAccount } from './service-accounts/enter-service-account.ts'
import { serviceSecrets } from './tables.ts'

const gatehouse = commandOf(join(import.meta.dirname, 'commands.ts'))
const { db, url } = await createTestDatabase('auth')
const ownerUrl = Object.assign(new URL(inject('postgresUrl')), { pathname: new URL(url).pathname }).href
const key = () => randomBytes(32).toString('base64')
const settings = { DATABASE_URL: url, KEY_ENCRYPTION_KEY: key() }

test('a key signs before its time: which one and from when on is said, and nothing private', async () => {
  const { code, stdout, json } = await gatehouse('rotate signing-key --json', settings)
  expect(code).toBe(0)
  const { kid, activatesAt } = json()
  expect(Date.parse(activatesAt)).toBeGreaterThan(Date.now())
  const stored = await readInPlatform(db, (tx) => tx.select().from(signingKeys))
  expect(stored.find((one) => one.kid === kid)?.activatesAt.toISOString()).toBe(activatesAt)
  for (const { sealedPrivateJwk } of stored) expect(stdout).not.toContain(sealedPrivateJwk)
})

test('a service gets another secret, beside the newest that it has; one that nobody knows gets none', async () => {
  await enterServiceAccount(db, { name: 'audit', secret: 'x'.repeat(43), permissions: [] })
  const [{ code, json }, nobody] = await Promise.all([
    gatehouse('rotate service-secret audit --json', settings),
    gatehouse('rotate service-secret nobody', settings),
  ])
  expect(code).toBe(0)
  expect(json()).toEqual({ service: 'audit', secret: expect.stringMatching(/^[\w-]{43}$/) })
  expect(await readInPlatform(db, (tx) => tx.select().from(serviceSecrets))).toHaveLength(2)
  expect(nobody).toMatchObject({ code: 1, stdout: '', stderr: 'There is no service account "nobody".\n' })
})

describe('what went wrong is told by the exit code, in words for people, and with --json for programs', () => {
  test('2: a setting is missing', async () => {
    const [inWords, inJson] = await Promise.all([
      gatehouse('rotate signing-key'),
      gatehouse('rotate signing-key --json'),
    ])
    expect(inWords).toMatchObject({ code: 2, stdout: '' })
    expect(inWords.stderr).toContain('DATABASE_URL is missing')
    expect(inJson.code).toBe(2)
    expect(inJson.json().error.faults).toHaveLength(2)
  })

  test('2: an argument is none', async () => {
    const [command, option] = await Promise.all([
      gatehouse('rotate singing-key', settings),
      gatehouse('migrate --statsu', settings),
    ])
    expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean signing-key?') })
    expect(option).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean --status?') })
  })

  test('4: the database is not there, which is worth another try', async () => {
    const DATABASE_OWNER_URL = 'postgres://owner@127.0.0.1:1/nowhere'
    const away = await gatehouse('migrate --json', { DATABASE_OWNER_URL })
    expect(away.code).toBe(4)
    expect(away.json().error.message).toContain('ECONNREFUSED')
  })
})

test('migrate finds nothing missing where all is applied', async () => {
  const owner = { DATABASE_OWNER_URL: ownerUrl }
  const [status, again] = await Promise.all([
    gatehouse('migrate --status --json', owner),
    gatehouse('migrate', owner),
  ])
  expect(status.code).toBe(0)
  expect(status.json()).toEqual({ applied: expect.arrayContaining(['0000_initial']), missing: [] })
  expect(again).toMatchObject({ code: 0, stdout: 'Nothing was missing.\n' })
})

test('migrate says what is missing and changes nothing when it is asked for the status', async () => {
  const empty = Object.assign(new URL(inject('postgresUrl')), { pathname: '/template1' }).href
  const missing = await gatehouse('migrate --status --json', { DATABASE_OWNER_URL: empty })
  expect(missing.code).toBe(3)
  expect(missing.json()).toMatchObject({ applied: [], missing: expect.arrayContaining(['0000_initial']) })
})

describe('doctor', () => {
  const complete = {
    ...settings,
    DATABASE_OWNER_URL: ownerUrl,
    ISSUER: 'https://id.example.com',
    NATS_URL: inject('natsUrl'),
    NATS_USER: natsUser(1, 'auth'),
    NATS_PASSWORD: natsPassword,
    DIRECTORY_URL: inject('directoryUrl'),
    AUDIT_URL: 'http://127.0.0.1:1',
    PASSWORD_PEPPER: key(),
    LINKS_URL: 'https://id.example.com',
    SMTP_URL: 'smtp://127.0.0.1:25',
    MAIL_FROM: 'id@example.com',
  }

  test('each part that is as it should be is told from each that is not, with what to do', async () => {
    const { code, json } = await gatehouse('doctor --json', complete)
    expect(code).toBe(3)
    const { isWell, findings } = json()
    const states = Object.entries<{ state: string }>(findings).map(([name, { state }]) => [name, state])
    expect(isWell).toBe(false)
    expect(Object.fromEntries(states)).toMatchObject({
      settings: 'good',
      versions: 'good',
      database: 'good',
      migrations: 'good',
      clock: 'good',
      keys: 'good',
      DIRECTORY_URL: 'good',
      AUDIT_URL: 'bad',
    })
    expect(findings.AUDIT_URL).toMatchObject({
      detail: expect.stringContaining('does not answer'),
      advice: 'Start it, or set AUDIT_URL to where it is.',
    })
  })

  test('a role that tenants are not kept apart from, a password of NATS and a key that are others, are named', async () => {
    const { code, stdout } = await gatehouse('doctor', {
      ...complete,
      DATABASE_URL: Object.assign(new URL(url), { username: 'auth_owner' }).href,
      NATS_PASSWORD: 'another',
      KEY_ENCRYPTION_KEY: key(),
    })
    expect(code).toBe(3)
    expect(stdout).toMatch(/^BAD database .*auth_owner owns tables/m)
    expect(stdout).toMatch(/^BAD NATS .*can't be used/m)
    expect(stdout).toMatch(/^BAD keys .*does not open/m)
    expect(stdout).toContain('→ Give DATABASE_URL the role that owns nothing')
  })

  test('without settings every one that is missing is named', async () => {
    const { code, stdout } = await gatehouse('doctor')
    expect(code).toBe(3)
    for (const name of ['ISSUER', 'DATABASE_URL', 'NATS_URL', 'PASSWORD_PEPPER'])
      expect(stdout).toContain(`${name} is missing`)
  })
})
