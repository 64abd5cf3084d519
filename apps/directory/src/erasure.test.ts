import { createHash } from 'node:crypto'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { unauthenticated, unavailable } from '@gatehouse/contracts/problems'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { mails } from '@gatehouse/mail/mails'
import { unseal } from '@gatehouse/mail/seal'
import { sweepErasure } from '@gatehouse/testing/erasure-sweep'
import { eq, isNotNull, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { deleteWhoAsked } from './app.ts'
import { dataMap } from './data-map.ts'
import { harness } from './harness.ts'
import { insertMember } from './people/repository.ts'
import { eraseAgain, noteEverybodyGone } from './privacy/erase-again.ts'
import { type ErasureDeps, runErasures } from './privacy/run-erasures.ts'
import { users } from './tables.ts'

const erasedAt = new Date().toISOString()
const asked: string[] = []
const elsewhere: ErasureDeps['eraseElsewhere'] = {
  auth: async ({ userId }) => {
    asked.push(userId)
    return { erased: { sessions: 2 }, erasedAt }
  },
  'partner-gateway': async () => ({ erased: {}, erasedAt }),
  audit: async () => ({ erased: { subject_keys: 1 }, erasedAt }),
}
let authorise: () => Promise<void> = async () => {}
const authoriseErasure = () => authorise()

const { app, db, as, enter, emitted, mailSeal } = await harness({ authoriseErasure })
const patient = await harness({ erasureGraceMs: 60_000 })

const gone: string[] = []
const noteGone = async ({ userId }: { userId: string }) => void gone.push(userId)

const log = { info() {}, warn() {}, error() {} }
const run = (eraseElsewhere = elsewhere, on = db) =>
  runErasures({
    db: on,
    log,
    deletePerson: deleteWhoAsked,
    eraseElsewhere,
    clearRemnants: async () => {},
    noteGone,
  })

async function somebody(of = { app, as, enter }, given = {}) {
  const { person } = await of.enter(given)
  const { tenantId, userId } = person
  const headers = await of.as({ tenantId, subject: userId, permissions: permissionNames })
  const call = async (method: 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) => {
    const answer = await of.app.inject({ method, url: `/api${url}`, headers, ...(payload && { payload }) })
    return { status: answer.statusCode, json: answer.body ? answer.json() : undefined }
  }
  return {
    ...person,
    call,
    erase: () => call('POST', '/users/me/erase', { password: 'correct horse battery staple' }),
  }
}

const follow = async (id: string, at = app) =>
  (await at.inject({ url: `/api/erasure-requests/${id}` })).json()

/** Every column of every table that holds somebody's strings, as text. */
const traces = async (needle: string) => {
  const found: string[] = []
  for (const table of Object.keys(dataMap).filter((name) => !['outbox', 'tenants'].includes(name))) {
    const rows = await readInPlatform(db, (tx) =>
      tx.execute(sql`select 1 from ${sql.identifier(table)} t where t::text like ${`%${needle}%`}`),
    )
    if (rows.length > 0) found.push(table)
  }
  return found
}

test('G1: who asks to be erased is signed out at once, and then gone from here, from auth and from audit, with a receipt', async () => {
  const ada = await somebody(undefined, { firstName: 'Kanarienvogel' })
  await ada.call('POST', '/users/me/consent', { consentType: 'marketing', granted: true })
  await ada.call('POST', `/tenants/${ada.tenantId}/invites`, { email: 'charles@engines.example' })
  expect(await traces(ada.email)).toContain('users')

  const { status, json } = await ada.erase()
  expect(status).toBe(202)
  expect(json).toMatchObject({ status: 'scheduled', completedAt: null, isOverdue: false, receipts: {} })
  const revoked = (await emitted()).filter(
    ({ subject }) => subject === `revocation.directory.user.${ada.userId}`,
  )
  expect(revoked).toHaveLength(1)

  await run()
  expect(asked).toContain(ada.userId)
  expect(await follow(json.id)).toMatchObject({
    status: 'completed',
    completedAt: expect.any(String),
    receipts: {
      directory: { erased: { users: 1, memberships: 1, role_assignments: 1, consents: 1, invites: 1 } },
      auth: { erased: { sessions: 2 } },
      audit: { erased: { subject_keys: 1 } },
    },
  })
  for (const needle of [ada.email, 'Kanarienvogel', 'charles@engines.example'])
    expect(await traces(needle), needle).toEqual([])
  const told = (await emitted()).filter(({ aggregateId }) => aggregateId === json.id)
  expect(told.map(({ subject }) => subject)).toEqual([
    'identity.directory.privacy.erasure_requested',
    'identity.directory.privacy.erased',
  ])
  expect(JSON.stringify(told[1]?.payload)).not.toContain(ada.userId)
})

test('G1: mail that waits goes with whom it is about: to them, to whom they invite, invites to them; others stay, and word of the erasure itself', async () => {
  const [ada, grace] = [
    await somebody(undefined, { companyName: 'Engines' }),
    await somebody(undefined, { companyName: 'Navy' }),
  ]
  await ada.call('POST', `/tenants/${ada.tenantId}/invites`, { email: 'charles@engines.example' })
  await grace.call('POST', `/tenants/${grace.tenantId}/invites`, { email: ada.email })
  await grace.call('POST', `/tenants/${grace.tenantId}/invites`, { email: 'mary@navy.example' })
  await ada.call('PATCH', `/users/${ada.userId}`, { email: 'new@engines.example' })
  const waiting = async () => {
    const rows = await readInPlatform(db, (tx) => tx.select().from(mails).where(isNotNull(mails.sealed)))
    const texts = await Promise.all(
      rows.map(async ({ id, sealed }) => JSON.stringify(await unseal(mailSeal, id, sealed ?? ''))),
    )
    return texts.map((text) => text.replace(/.*"to":"([^"]*)","subject":"([^"]*)".*/, '$1 $2')).toSorted()
  }
  const told = `${ada.email} Your account will be erased`
  const others = 'mary@navy.example You are invited to Navy'
  await ada.erase()
  expect(await waiting()).toEqual(
    expect.arrayContaining([
      `${ada.email} You are invited to Navy`,
      `${ada.email} Your e-mail address is about to change`,
      'new@engines.example Confirm your new e-mail address',
      'charles@engines.example You are invited to Engines',
      others,
      told,
    ]),
  )
  await run()
  const left = await waiting()
  expect(left).toEqual(expect.arrayContaining([others, told]))
  expect(left.join()).not.toMatch(/charles@|new@/)
  expect(left.filter((mail) => mail.startsWith(ada.email))).toEqual([told])
})

test('an erasure that stops anywhere is gone on with, done once, and closed by one receipt', async () => {
  const ada = await somebody()
  const { json } = await ada.erase()
  const hasten = () =>
    inPlatform(db, (tx) =>
      tx.execute(sql`update erasure_requests set next_attempt_at = now() where id = ${json.id}`),
    )
  const away = async () => {
    throw unavailable()
  }
  await run({ ...elsewhere, auth: away })
  expect(await follow(json.id)).toMatchObject({ status: 'running', receipts: { directory: {} } })
  await hasten()
  await run({ ...elsewhere, audit: away })
  const before = await follow(json.id)
  expect(before).toMatchObject({ status: 'running', receipts: { directory: {}, auth: {} } })
  await hasten()
  await Promise.all([run(), run(), run()])
  await hasten()
  await run()
  const after = await follow(json.id)
  expect(after.status).toBe('completed')
  expect(after.receipts).toMatchObject(before.receipts)
  // Once to erase, and once more to let go of what audit has.
  expect(asked.filter((id) => id === ada.userId)).toHaveLength(2)
  const told = (await emitted()).filter(({ aggregateId }) => aggregateId === json.id)
  expect(told.filter(({ subject }) => subject.endsWith('privacy.erased'))).toHaveLength(1)
})

/** Everything that an erasure needs of others, in the order in which it does. */
const steps = ['noteGone', 'auth', 'partner-gateway', 'audit', 'clearRemnants', 'auth once more'] as const

test.each(steps)(
  'while %s is away an erasure waits, without what comes after; once that is back it is completed',
  async (away) => {
    const ada = await somebody()
    const { json } = await ada.erase()
    const done: string[] = []
    const step = async (name: string) => {
      if (name === away) throw unavailable()
      done.push(name)
    }
    const receipt = { erased: {}, erasedAt }
    const deps = {
      db,
      log,
      deletePerson: deleteWhoAsked,
      noteGone: () => step('noteGone'),
      eraseElsewhere: {
        auth: async () => {
          await step(done.includes('audit') ? 'auth once more' : 'auth')
          return receipt
        },
        'partner-gateway': async () => {
          await step('partner-gateway')
          return receipt
        },
        audit: async () => {
          await step('audit')
          return receipt
        },
      },
      clearRemnants: () => step('clearRemnants'),
    }
    await runErasures(deps)
    expect(await follow(json.id)).toMatchObject({ status: 'running', receipts: { directory: {} } })
    const before = steps.slice(0, steps.indexOf(away))
    expect(done).toEqual(expect.arrayContaining(before))
    expect(done).not.toContain(away)

    await inPlatform(db, (tx) =>
      tx.execute(sql`update erasure_requests set next_attempt_at = now() where id = ${json.id}`),
    )
    await run()
    expect(await follow(json.id)).toMatchObject({ status: 'completed' })
  },
)

test('a request that is not done an hour after it was due is overdue, says so and is counted', async () => {
  const ada = await somebody()
  const { json } = await ada.erase()
  await inPlatform(db, (tx) =>
    tx.execute(
      sql`update erasure_requests set scheduled_for = now() - interval '61 minutes' where id = ${json.id}`,
    ),
  )
  expect(await follow(json.id)).toMatchObject({ isOverdue: true })
  const away = { ...elsewhere, auth: () => Promise.reject(unavailable()) }
  expect((await run(away)).overdue).toBe(1)
  await inPlatform(db, (tx) =>
    tx.execute(sql`update erasure_requests set next_attempt_at = now() where id = ${json.id}`),
  )
  expect((await run()).overdue).toBe(0)
})

test('T5: the only administrator of a tenant with other people is told which: 409, and nothing happens', async () => {
  const ada = await somebody(undefined, { companyName: 'Analytical Engines' })
  const grace = await somebody()
  const join = (userId: string, systemRole: string) =>
    inPlatform(db, (tx) => insertMember(tx, { tenantId: ada.tenantId, userId, systemRole }))
  await join(grace.userId, 'member')
  const refused = await ada.erase()
  expect(refused).toMatchObject({ status: 409, json: { code: 'tenant.last_administrator' } })
  expect(refused.json.detail).toContain('Analytical Engines')
  await run()
  const [row] = await readInPlatform(db, (tx) => tx.select().from(users).where(eq(users.id, ada.userId)))
  expect(row?.status).not.toBe('deleted')
  await join((await somebody()).userId, 'tenant-admin')
  expect((await ada.erase()).status).toBe(202)
})

test('whoever auth does not take for the person is refused as auth says, and nothing is asked for', async () => {
  const ada = await somebody()
  for (const problem of [unauthenticated(), unavailable()]) {
    authorise = () => Promise.reject(problem)
    expect((await ada.erase()).status).toBe(problem.status)
  }
  authorise = async () => {}
  expect((await ada.call('DELETE', '/users/me/erase')).status).toBe(404)
})

test('during the grace nothing is erased and the request can be cancelled; asked again, it is the same', async () => {
  const ada = await somebody(patient)
  const [first, ...others] = await Promise.all([ada.erase(), ada.erase(), ada.erase()])
  expect(others.map(({ json }) => json)).toEqual([first?.json, first?.json])
  await run(elsewhere, patient.db)
  expect(await follow(first?.json.id, patient.app)).toMatchObject({ status: 'scheduled' })
  expect((await ada.call('DELETE', '/users/me/erase')).status).toBe(204)
  expect(await follow(first?.json.id, patient.app)).toMatchObject({ status: 'cancelled' })
  expect((await ada.call('DELETE', '/users/me/erase')).json).toMatchObject({
    code: 'privacy.no_erasure_request',
  })
})

test('who had asked and was deleted by an administrator meanwhile is erased elsewhere all the same', async () => {
  const ada = await somebody()
  const { json } = await ada.erase()
  await inPlatform(db, (tx) =>
    deleteWhoAsked(tx, ada.userId, {
      correlationId: 'test-0001',
      sourceIp: undefined,
      userAgent: undefined,
      traceparent: undefined,
    }),
  )
  await run()
  expect((await follow(json.id)).status).toBe('completed')
  expect((await follow(crypto.randomUUID())).code).toBe('privacy.no_erasure_request')
})

sweepErasure(db, dataMap, {
  async endow() {
    const ada = await somebody()
    await ada.call('POST', '/users/me/consent', { consentType: 'marketing', granted: true })
    await ada.call('POST', `/tenants/${ada.tenantId}/invites`, { email: `${ada.userId}@engines.example` })
    await inPlatform(db, async (tx) => {
      await tx.execute(
        sql`update users set email_verified = true, last_login_at = '2020-01-01' where id = ${ada.userId}`,
      )
      await tx.execute(sql`insert into email_changes (user_id, tenant_id, email, digest, expires_at)
        values (${ada.userId}, ${ada.tenantId}, 'new@engines.example', '', now())`)
      await tx.execute(sql`insert into mails (id, tenant_id, subject_id, sent_at, failed_at)
        values (gen_random_uuid(), ${ada.tenantId}, ${ada.userId}, now(), now())`)
    })
    return ada.userId
  },
  async erase(userId) {
    const headers = await as({ tenantId: platformTenantId, permissions: permissionNames })
    const answer = await app.inject({ method: 'POST', url: `/api/users/${userId}/delete`, headers })
    expect(answer.statusCode).toBe(204)
  },
})

test('G2: who was erased and is back from a backup is erased again, and written down for the other services; others stay', async () => {
  const [ada, grace, mary] = [await somebody(), await somebody(), await somebody()]
  const deps = {
    db,
    log,
    deletePerson: deleteWhoAsked,
    eraseElsewhere: elsewhere,
    clearRemnants: async () => {},
    noteGone,
  }
  const digestOf = (id: string) => createHash('sha256').update(id).digest('hex')
  const digests = [ada.userId, mary.userId, crypto.randomUUID()].map(digestOf)
  // Mary had asked already when the backup was made, and it says so.
  const maryAsked = (await mary.erase()).json.id
  expect(await eraseAgain(deps, digests)).toBe(2)
  expect(await eraseAgain(deps, digests)).toBe(0)
  expect((await follow(maryAsked)).status).toBe('completed')
  for (const { email } of [ada, mary]) expect(await traces(email)).toEqual([])
  expect(await traces(grace.email)).toContain('users')
  expect(gone).toEqual(expect.arrayContaining([ada.userId, mary.userId]))

  gone.length = 0
  await noteEverybodyGone(deps)
  expect(gone).toEqual(expect.arrayContaining([ada.userId, mary.userId]))
  expect(gone).not.toContain(grace.userId)
})
