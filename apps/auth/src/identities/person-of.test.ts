import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { newcomer, newEmail, socialHarness, type TokensAnswer } from './harness.ts'

const auth = await socialHarness()
const { google, github, openBrowser, register, identitiesOf, sessionsOf, inDirectory, mailsTo, eventsOf } =
  auth

/** Signs in by Google in a browser of its own, as whom the provider says. */
async function signIn(claims: object, at = auth) {
  at.google.says({ ...claims })
  const answer = await at.openBrowser().signInBy('google')
  const body = (await answer.json()) as TokensAnswer & { code?: string; enrolmentToken?: string }
  return { status: answer.status, code: body.code, user: body.user, body }
}

const prove = ({ id }: { id: string }) =>
  inDirectory(sql`update users set email_verified = true where id = ${id}`)

test('who has signed in by a provider is the same person next time, whatever their address is there by then', async () => {
  const person = newcomer()
  const first = await signIn(person)
  const other = await register()
  await prove(other)
  for (const email of [newEmail(), other.email, 'no address', undefined]) {
    const again = await signIn({ ...person, email, email_verified: false })
    expect(again.user).toMatchObject({ id: first.user.id, email: person.email })
  }
  expect(await identitiesOf(other.id)).toEqual([])
  expect(await identitiesOf(first.user.id)).toMatchObject([
    { email: person.email, lastUsedAt: expect.any(Date) },
  ])
})

test('who takes over an address at the provider is not let in as the person who had it', async () => {
  const person = newcomer()
  const { user } = await signIn(person)
  const taker = await signIn({ ...person, sub: crypto.randomUUID() })
  expect(taker).toMatchObject({ status: 409, code: 'identity.taken' })
  expect(await sessionsOf(user.id)).toHaveLength(1)
})

test('one name at two providers is two accounts', async () => {
  const sub = '583231'
  const { user } = await signIn({ ...newcomer(), sub })
  github.is({
    user: { id: Number(sub), login: 'ada' },
    emails: [{ email: newEmail(), primary: true, verified: true }],
  })
  const other = (await (await openBrowser().signInBy('github')).json()) as TokensAnswer
  expect(other.user.id).not.toBe(user.id)
})

test('somebody who has registered and not proven their address is not linked to who proves it elsewhere', async () => {
  const squatter = await register()
  const owner = await signIn({ ...newcomer(), email: squatter.email })
  expect(owner).toMatchObject({ status: 409, code: 'social_login.account_exists' })
  expect(await identitiesOf(squatter.id)).toEqual([])
  expect(await sessionsOf(squatter.id)).toHaveLength(1)
})

test('somebody who has proven their address here is linked to who proves it elsewhere, and told so by mail', async () => {
  const person = await register()
  await prove(person)
  const mails = (await mailsTo(person)).length
  const claims = { ...newcomer(), email: person.email.toUpperCase() }
  expect(await signIn(claims)).toMatchObject({ status: 200, user: { id: person.id } })
  expect(await identitiesOf(person.id)).toMatchObject([
    { provider: 'google', issuer: google.url, subject: claims.sub },
  ])
  expect(await mailsTo(person)).toHaveLength(mails + 1)
  expect((await eventsOf(person.id)).slice(-2)).toEqual(['identity.linked', 'session.started'])
  await signIn(claims)
  expect(await mailsTo(person)).toHaveLength(mails + 1)
})

test.each([
  ['says that it is not', { email_verified: false }],
  ['says nothing of it', { email_verified: undefined }],
  ['says so in a word', { email_verified: 'true' }],
  ['has no address', { email: undefined }],
  ['has an address that is none', { email: 'a@people.example,b@people.example' }],
  ['has more than one', { email: ['a@people.example'] }],
])('nobody is made or found by an address that the provider has not verified: it %s', async (_, claims) => {
  const known = await register()
  await prove(known)
  const person = { ...newcomer(), email: known.email, ...claims }
  expect(await signIn(person)).toMatchObject({ status: 403, code: 'social_login.email_not_verified' })
  expect(await identitiesOf(known.id)).toEqual([])
})

test('a person who signs in for the first time in twenty tabs at once is made once', async () => {
  const person = newcomer()
  google.says(person)
  const browsers = Array.from({ length: 20 }, openBrowser)
  const answers = await Promise.all(browsers.map((browser) => browser.signInBy('google')))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const people = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as TokensAnswer).user.id),
  )
  expect(new Set(people).size).toBe(1)
  expect(await identitiesOf(people[0] ?? '')).toHaveLength(1)
})

test.each([
  ['closed', 'registration.closed'],
  ['invite', 'registration.invite_only'],
] as const)(
  'where registration is %s a provider brings in nobody new, and still lets in who is there',
  async (registration, code) => {
    const strict = await socialHarness({ policy: { registration } })
    const stranger = newcomer()
    expect(await signIn(stranger, strict)).toMatchObject({ status: 403, code })
    const found = await inDirectory(sql`select id from users where email = ${stranger.email}`)
    expect(found).toEqual([])

    const person = await register()
    await prove(person)
    expect((await signIn({ ...newcomer(), email: person.email }, strict)).status).toBe(200)
  },
)

test.each([
  ['is suspended', 'suspended'],
  ['is deleted', 'deleted'],
  ['waits to be let in', 'pending'],
])(
  'a person who %s is refused by a provider as by a wrong password, and nothing is linked to them',
  async (_, status) => {
    const linked = newcomer()
    const { user } = await signIn(linked)
    await inDirectory(sql`update users set status = ${status} where id = ${user.id}`)
    expect(await signIn(linked)).toMatchObject({ status: 401, code: 'auth.wrong_credentials' })
    expect(await sessionsOf(user.id)).toHaveLength(1)

    const person = await register()
    await prove(person)
    await inDirectory(sql`update users set status = ${status} where id = ${person.id}`)
    const refused = await signIn({ ...newcomer(), email: person.email })
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(await identitiesOf(person.id)).toEqual([])
  },
)

test('in a suspended tenant nobody is let in by a provider', async () => {
  const person = newcomer()
  const { user } = await signIn(person)
  await inDirectory(sql`update tenants set status = 'suspended' where id = ${user.tenantId}`)
  expect(await signIn(person)).toMatchObject({ status: 401, code: 'auth.wrong_credentials' })
  expect(await sessionsOf(user.id)).toHaveLength(1)
})

test('where an address has to be proven first, a provider lets in nobody who has not', async () => {
  const strict = await socialHarness({ policy: { emailVerification: 'required' } })
  const person = newcomer()
  const { user } = await signIn(person, strict)
  await inDirectory(sql`update users set email_verified = false where id = ${user.id}`)
  expect(await signIn(person, strict)).toMatchObject({ status: 401, code: 'auth.wrong_credentials' })
})

test('a tenant that lets nobody in without a second factor holds to it with a provider, too', async () => {
  const person = newcomer()
  const { user } = await signIn(person)
  const settings = JSON.stringify({ features: { mfaRequired: true } })
  await inDirectory(sql`insert into tenant_settings (tenant_id, settings) values (${user.tenantId}, ${settings}::jsonb)
    on conflict (tenant_id) do update set settings = excluded.settings`)
  const answer = await signIn(person)
  expect(answer).toMatchObject({ status: 403, code: 'mfa_enrolment_required' })
  expect(answer.body.enrolmentToken).toEqual(expect.any(String))
  expect(await sessionsOf(user.id)).toHaveLength(1)
})
