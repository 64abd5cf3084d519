import { randomBytes } from 'node:crypto'
import { connect, type Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { createSeal } from '@gatehouse/keys/seal'
import { startPostOffice } from '@gatehouse/mail/harness'
import { startMailer } from '@gatehouse/mail/mailer'
import { createMailQueue, createRequestQueue, mails } from '@gatehouse/mail/mails'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepPlans } from '@gatehouse/testing/plan-sweep'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { createThrottle } from '@gatehouse/throttle/throttle'
import { isNotNull, type SQL, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, inject, vi } from 'vitest'
import * as z from 'zod'
import { buildApp } from './app.ts'
import { createDirectory, type Standing } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { createLinks } from './links.ts'
import { createNotify, createWriteNotice } from './notices/notify.ts'
import type { ResetRequest } from './notify.ts'
import { writeReset } from './passwords/write-reset.ts'
import { createPasswords } from './passwords.ts'
import type { Policy } from './policy.ts'
import { socialLoginSettings } from './social-login-settings.ts'

export const keyEncryptionKey = randomBytes(32)
const seal = createSeal(keyEncryptionKey)

/** Where nobody listens. */
export const nowhere = 'http://127.0.0.1:9'

/**
 * Auth on a database of its own, beside the directory that all tests share: `db` for the test; auth's own statements are
 * explained.
 */
export async function harness({
  directoryUrl = inject('directoryUrl'),
  policy = {} as Partial<Policy>,
  passwords = {} as { pepper?: Uint8Array; previousPepper?: Uint8Array; cost?: number },
  partnerIssuer = undefined as { issuer: string; jwksUrl: string } | undefined,
} = {}) {
  const { db, url } = await createTestDatabase('auth')
  const own = sweepPlans(db, { url, small: ['signing_keys'] })
  const testIssuer = await createTestIssuer(inject('issuerKey'))
  const issuer = createIssuer(testIssuer.issuer)
  issuer.use(testIssuer.key)
  const queueMail = createMailQueue(seal)
  const links = createLinks('https://app.gatehouse.test')
  const deps = {
    db: own,
    issuer,
    directory: createDirectory(directoryUrl, issuer),
    passwords: await createPasswords({ pepper: randomBytes(32), cost: 10, ...passwords }),
    policy: {
      registration: 'open',
      emailVerification: 'optional',
      disclosesTakenEmail: true,
      ...policy,
    } as const,
    refreshKeys: [randomBytes(32)] as const,
    sessionTimes: { lifeMs: 30 * 86_400_000, idleMs: 7 * 86_400_000, graceMs: 10_000 },
    apiKeySecret: randomBytes(32),
    requestKey: randomBytes(32),
    throttle: createThrottle(own),
    clearRemnants: async () => {},
    queueMail,
    seal,
    socialLogin: { ...z.object(socialLoginSettings).parse({}), ISSUER: testIssuer.issuer },
    links,
    notify: createNotify({ queueMail, links }),
    queueReset: createRequestQueue<ResetRequest>(seal),
    partnerIssuer,
  }
  const app = buildApp(serverOptions('auth', testIssuer), deps)
  await app.ready()
  return { app, ...deps, db, databaseUrl: url, testIssuer, as: testIssuer.as }
}

/** Somebody as the directory would describe them. */
export function somebody(): Standing {
  const tenantId = uuidv7()
  const now = new Date().toISOString()
  const names = { email: 'ada@analytical.example', firstName: 'Ada', lastName: 'Lovelace' }
  return {
    user: {
      id: uuidv7(),
      ...names,
      emailVerified: false,
      status: 'active',
      tenantId,
      roles: ['tenant-admin'],
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    },
    tenants: [{ id: tenantId, name: 'Analytical Engines', roles: ['tenant-admin'] }],
    permissions: ['users:read'],
    asOf: Date.now(),
    tenant: {
      name: 'Analytical Engines',
      status: 'active',
      locale: 'en',
      mfaRequired: false,
      branding: { logoUrl: null, faviconUrl: null, primaryColor: null, secondaryColor: null },
    },
  }
}

/** Where a request would have come from. */
export const origin = {
  correlationId: 'test-0001',
  sourceIp: '192.0.2.1',
  userAgent: 'test',
  traceparent: undefined,
}

/** Somebody who has not registered yet. */
export const newcomer = (given: object = {}) => ({
  email: `${uuidv7()}@people.example`,
  password: 'correct horse battery staple',
  firstName: 'Grace',
  lastName: 'Hopper',
  ...given,
})

/** Brings the directory's database, which all tests share, into a state that no endpoint leads to yet. */
export async function inDirectory(statement: SQL) {
  const directory = connect({ url: inject('directoryDatabaseUrl'), poolSize: 1, applicationName: 'test' })
  await directory.orm.execute(statement)
  await directory.close()
}

/** Has the mails of a harness sent, to a server that keeps them. */
export async function openMailbox({
  db,
  directory,
  links,
}: Pick<Awaited<ReturnType<typeof harness>>, 'db' | 'directory' | 'links'>) {
  const post = await startPostOffice({ cleanUp: afterAll })
  const writeNotice = createWriteNotice(links)
  const mailer = startMailer<ResetRequest>({
    db,
    log: { info() {}, warn() {}, error() {} },
    seal,
    compose: (request) => writeReset({ db, directory, links, writeNotice }, request),
    smtp: { url: post.url, from: 'Gatehouse <no-reply@gatehouse.test>' },
    pollMs: 20,
  })
  afterAll(mailer.stop)
  const isSettled = async () => {
    const waiting = await readInPlatform(db, (tx) => tx.$count(mails, isNotNull(mails.sealed)))
    if (waiting > 0) throw new Error(`${waiting} mails are still waiting`)
  }
  /** What somebody was sent, once everything that was queued is over. */
  const mailsTo = async (email: string) => {
    await vi.waitFor(isSettled, { timeout: 10_000, interval: 20 })
    return post.taken.filter(({ to }) => [to].flat().some((each) => each?.text === email))
  }
  return {
    mailsTo,
    /** The token of the last link that somebody was sent to a page of the front end. */
    async tokenFor(email: string, page: 'verify-email' | 'reset-password') {
      const texts = (await mailsTo(email)).map(({ text = '' }) => text)
      const found = texts.flatMap((text) => [...text.matchAll(/https:\S+\/([a-z-]+)\?token=(\S+)/g)])
      return found.findLast(([, on]) => on === page)?.[2] ?? ''
    },
  }
}

/** Every row of every table of a database, as text. */
export async function everythingIn(db: Database) {
  const tables = await db.orm.execute<{ name: string }>(
    sql`select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  const rows = await readInPlatform(db, (tx) =>
    Promise.all(tables.map(({ name }) => tx.execute(sql`select * from ${sql.identifier(name)}`))),
  )
  return JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value).toString('hex') : value,
  )
}
