import { createHash } from 'node:crypto'
import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { mails } from '@gatehouse/mail/mails'
import { unseal } from '@gatehouse/mail/seal'
import { allBut } from '@gatehouse/testing/tokens'
import { desc, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { invites } from '../tables.ts'

const { app, db, mailSeal, as, enter, emitted } = await harness()

const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')
const ofThePlatform = permissionNames.filter((name) => catalogue[name].grantable !== 'service')

async function caller(tenantId: string, subject: string, permissions: readonly Permission[] = ofTenants) {
  const headers = await as({ tenantId, subject, permissions })
  return async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
    const url = `/api/tenants${path}`
    const answer = await app.inject({ method, url, headers, ...(payload && { payload }) })
    return { status: answer.statusCode, json: answer.body ? answer.json() : undefined }
  }
}

async function tenant(given: Record<string, string> = {}) {
  const { person } = await enter({ companyName: 'Analytical Engines', ...given })
  const { tenantId: id, userId } = person
  const call = await caller(id, userId)
  return { id, userId, call, invite: (body: object) => call('POST', `/${id}/invites`, body) }
}

const address = () => `${crypto.randomUUID()}@navy.example`

/** The newest mail to an address, and the token that it carries. */
async function mailTo(email: string) {
  const rows = await readInPlatform(db, (tx) => tx.select().from(mails).orderBy(desc(mails.id)))
  for (const { id, sealed } of rows) {
    const open = await unseal(mailSeal, id, sealed ?? '')
    if ('content' in open && open.content.to === email) {
      const [, token = ''] = /invites\?token=([\w-]+)/.exec(open.content.text) ?? []
      return { ...open.content, token }
    }
  }
  throw new Error(`no mail to ${email}`)
}

const validate = (token: string) => app.inject(`/api/tenants/invites/validate/${token}`)

/** Somebody with an account of their own, and how they accept an invite. */
async function somebody(email: string) {
  const { person } = await enter({ email })
  const call = await caller(person.tenantId, person.userId)
  return { ...person, accept: (token: string) => call('POST', '/invites/accept', { token }) }
}

const registerWith = (token: string, given: Record<string, unknown> = {}) =>
  enter({ inviteDigest: createHash('sha256').update(token).digest('hex'), ...given })

test('an invite is sent by mail, in the language and look of the tenant, and only its digest is kept', async () => {
  const { id, call, invite } = await tenant()
  await call('PATCH', `/${id}/settings`, { locale: 'de-CH', branding: { primaryColor: '#0a5c36' } })
  const email = address()
  const created = await invite({ email, role: 'auditor' })
  expect(created).toMatchObject({ status: 201, json: { email, role: 'auditor', status: 'pending' } })
  const mail = await mailTo(email)
  expect(mail.subject).toBe('Einladung zu Analytical Engines')
  expect(mail.html).toContain('#0a5c36')
  expect(mail.text).toContain(`http://front.test/invites?token=${mail.token}`)
  expect(created.json).not.toHaveProperty('token')

  const kept = await readInPlatform(db, (tx) => tx.select().from(invites))
  expect(JSON.stringify([kept, await emitted()])).not.toContain(mail.token)
  const offer = await validate(mail.token)
  expect(offer.headers['referrer-policy']).toBe('no-referrer')
  expect(offer.json()).toMatchObject({ tenantName: 'Analytical Engines', role: 'auditor' })
  expect(offer.json().email).toBe(`${email.charAt(0)}•••@navy.example`)
  const twin = await app.inject({
    method: 'POST',
    url: '/api/tenants/invites/validate',
    payload: { token: mail.token },
  })
  expect(twin.json()).toEqual(offer.json())
})

test('somebody new joins the tenant that invited them, in the role of the invite and nothing else', async () => {
  const { id, invite } = await tenant()
  const email = address()
  await invite({ email })
  const { token } = await mailTo(email)
  const { answer, person } = await registerWith(token, { email })
  expect(answer.json()).toMatchObject({
    user: { tenantId: id, roles: ['member'], emailVerified: true },
    tenants: [{ id, roles: ['member'] }],
  })
  const again = await registerWith(token, person)
  expect(again.answer.json()).toEqual(answer.json())
  const names = (await emitted()).filter(({ payload }) => JSON.stringify(payload).includes(person.userId))
  expect(names.map(({ subject }) => subject.split('.').slice(-2).join('.'))).toEqual([
    'invite.accepted',
    'user.registered',
  ])
})

test('somebody with an account joins besides their other tenants, and only by an invite for their own address', async () => {
  const { id, invite } = await tenant()
  const email = address()
  await invite({ email, role: 'auditor' })
  const { token } = await mailTo(email)
  const other = await somebody(address())
  expect(await other.accept(token)).toMatchObject({ status: 403, json: { code: 'invite.for_another' } })
  const { answer } = await registerWith(token, { email: address() })
  expect(answer.json()).toMatchObject({ code: 'invite.for_another' })

  const grace = await somebody(email)
  expect(await grace.accept(token)).toMatchObject({
    status: 200,
    json: { id, name: 'Analytical Engines', roles: ['auditor'] },
  })
  const headers = await as({ tenantId: grace.tenantId, subject: grace.userId })
  const me = (await app.inject({ url: '/api/users/me', headers })).json()
  expect(me.tenants.map((each: { id: string }) => each.id)).toEqual([grace.tenantId, id])
})

test('A2: who invites does not learn whether somebody has an account', async () => {
  const { invite } = await tenant()
  const { email: known } = await somebody(address())
  const { person: elsewhere } = await enter()
  const answers = await Promise.all([known, elsewhere.email, address()].map((email) => invite({ email })))
  const shown = answers.map(({ status, json }) => [status, Object.keys(json), json.status])
  expect(shown[0]).toEqual([201, expect.any(Array), 'pending'])
  expect(shown).toEqual(shown.map(() => shown[0]))
})

test('of twenty who accept one invite at once, one does', async () => {
  const { invite, id, call } = await tenant()
  const email = address()
  await invite({ email })
  const { token } = await mailTo(email)
  const grace = await somebody(email)
  const answers = await Promise.all(Array.from({ length: 20 }, () => grace.accept(token)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(410)])
  expect((await call('GET', `/${id}/user-count`)).json.count).toBe(2)
})

test('of fifty who join at once, exactly as many do as the tenant may have people', async () => {
  const { id, call, invite } = await tenant()
  const platform = await caller(platformTenantId, crypto.randomUUID(), ofThePlatform)
  await platform('PATCH', `/${id}/settings`, { maxUsers: 8 })
  const guests = []
  for (let guest = 0; guest < 50; guest += 1) {
    const email = address()
    await invite({ email })
    guests.push({ email, token: (await mailTo(email)).token })
  }
  const answers = await Promise.all(guests.map(({ email, token }) => registerWith(token, { email })))
  const statuses = answers.map(({ answer }) => answer.statusCode)
  expect(statuses.filter((status) => status === 200)).toHaveLength(7)
  // Who waited too long for their turn is told to come again.
  for (const status of statuses) expect([200, 409, 503]).toContain(status)
  expect((await call('GET', `/${id}/user-count`)).json.count).toBe(8)
}, 60_000)

test('an invite that is used, revoked, expired or sent anew is gone, and one that never was is unknown', async () => {
  const { id, call, invite } = await tenant()
  const [used, revoked, expired, anew] = [address(), address(), address(), address()]
  const ids = new Map<string, string>()
  for (const email of [used, revoked, expired, anew]) ids.set(email, (await invite({ email })).json.id)
  const tokens = await Promise.all(
    [used, revoked, expired, anew].map(async (email) => (await mailTo(email)).token),
  )
  await (await somebody(used)).accept(tokens[0] ?? '')
  expect((await call('DELETE', `/${id}/invites/${ids.get(revoked)}`)).status).toBe(204)
  await inPlatform(db, (tx) =>
    tx.execute(sql`update invites set expires_at = now() where id = ${ids.get(expired)}`),
  )
  expect((await call('POST', `/${id}/invites/${ids.get(anew)}/resend`)).json.status).toBe('pending')

  for (const token of tokens.slice(0, 3)) expect((await validate(token)).statusCode).toBe(410)
  for (const token of [tokens[3] ?? '', `${tokens[0]}x`, 'gate_inv_', ids.get(revoked) ?? ''])
    expect((await validate(token)).statusCode).toBe(404)
  expect((await validate((await mailTo(anew)).token)).statusCode).toBe(200)

  const { json } = await call('GET', `/${id}/invites`)
  expect(json.data.map(({ email, status }: { email: string; status: string }) => [email, status])).toEqual([
    [anew, 'pending'],
    [expired, 'expired'],
    [revoked, 'revoked'],
    [used, 'accepted'],
  ])
  expect((await invite({ email: expired })).status).toBe(201)
})

test('an invite into a role that permits more than the one who invites is refused', async () => {
  const { id, userId } = await tenant()
  const weak = await caller(id, userId, allBut('audit:read'))
  const refused = await weak('POST', `/${id}/invites`, { email: address(), role: 'auditor' })
  expect(refused).toMatchObject({ status: 403, json: { code: 'role.beyond_own_permissions' } })
  expect(refused.json.detail).toContain('audit:read')
})

test.each([
  ['is suspended in the tenant', sql`update memberships set status = 'suspended' where user_id =`],
  ['is suspended everywhere', sql`update users set status = 'suspended' where id =`],
  ['has lost their role', sql`delete from role_assignments where user_id =`],
])('an invite is dead once who sent it %s', async (_, change) => {
  const { userId, invite } = await tenant()
  const email = address()
  await invite({ email })
  const { token } = await mailTo(email)
  expect((await validate(token)).statusCode).toBe(200)
  await inPlatform(db, (tx) => tx.execute(sql`${change} ${userId}`))
  const grace = await somebody(email)
  expect((await validate(token)).statusCode).toBe(410)
  expect(await grace.accept(token)).toMatchObject({ status: 410, json: { code: 'invite.not_open' } })
})

test('an invite is dead while its tenant is suspended', async () => {
  const { id, invite } = await tenant()
  const email = address()
  await invite({ email })
  const { token } = await mailTo(email)
  const platform = await caller(platformTenantId, crypto.randomUUID(), ofThePlatform)
  await platform('POST', `/${id}/suspend`)
  const { answer } = await registerWith(token, { email })
  expect(answer.statusCode).toBe(410)
  await platform('POST', `/${id}/reactivate`)
  expect((await registerWith(token, { email })).answer.statusCode).toBe(200)
})

test('who is invited or a member already is not invited again, whoever does it at once', async () => {
  const { invite } = await tenant()
  const email = address()
  const answers = await Promise.all(Array.from({ length: 8 }, () => invite({ email })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  await (await somebody(email)).accept((await mailTo(email)).token)
  expect((await invite({ email })).json).toMatchObject({ code: 'invite.already_member' })
})

test("another tenant's invites are neither seen, sent nor revoked, under either tenant's address", async () => {
  const [mine, theirs] = [await tenant(), await tenant()]
  const { json } = await theirs.invite({ email: address() })
  for (const answer of [
    await mine.call('GET', `/${theirs.id}/invites`),
    await mine.call('POST', `/${theirs.id}/invites`, { email: address() }),
    await mine.call('DELETE', `/${theirs.id}/invites/${json.id}`),
    await mine.call('DELETE', `/${mine.id}/invites/${json.id}`),
    await mine.call('POST', `/${mine.id}/invites/${json.id}/resend`),
  ]) {
    expect(answer.status).toBe(404)
  }
  expect((await theirs.call('GET', `/${theirs.id}/invites`)).json.data).toMatchObject([{ status: 'pending' }])
})

test.each(['service', 'partner_client'] as const)(
  'a %s invites nobody: an invite needs a person behind it',
  async (kind) => {
    const { id } = await tenant()
    const headers = await as({ tenantId: id, kind, permissions: ofTenants })
    const url = `/api/tenants/${id}/invites`
    const answer = await app.inject({ method: 'POST', url, headers, payload: { email: address() } })
    expect(answer.statusCode).toBe(403)
  },
)
