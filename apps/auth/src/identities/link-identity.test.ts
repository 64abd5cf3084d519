import { sql } from 'drizzle-orm'
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { frontEnd, newcomer, type Person, socialHarness, type TokensAnswer } from './harness.ts'

const auth = await socialHarness()
const withFrontEnd = await socialHarness({ beside: auth, settings: { LOGIN_RETURN_URLS: frontEnd } })
const { google, openBrowser, register, identitiesOf, allSessions, mailsTo, eventsOf, inDirectory, inAuth } =
  auth

const path = '/api/users/me/identities/google'

const ask = ({ browser, token, password }: Person, body: object = {}) =>
  browser.post(path, { password, ...body }, token)

/** Asks to link Google, goes there and gives where it sends the browser back to. */
async function goThere(person: Person) {
  const answer = await ask(person)
  expect(answer.status).toBe(200)
  const { url } = (await answer.json()) as { url: string }
  return person.browser.follow(url)
}

test('who is signed in and gives their password again can link an account with any address, and sign in by it', async () => {
  const person = await register()
  const mails = (await mailsTo(person)).length
  const claims = newcomer()
  google.says(claims)
  const callback = await goThere(person)
  const before = await allSessions()
  const answer = await person.browser.get(callback)
  expect(answer.status).toBe(204)
  expect(await allSessions()).toEqual(before)

  expect(await identitiesOf(person.id)).toMatchObject([{ provider: 'google', subject: claims.sub }])
  expect(await mailsTo(person)).toHaveLength(mails + 1)
  expect(await eventsOf(person.id)).toContain('identity.linked')
  const { user } = (await (await openBrowser().signInBy('google')).json()) as TokensAnswer
  expect(user).toMatchObject({ id: person.id, email: person.email, emailVerified: false })
})

test('without the password nothing is begun', async () => {
  const person = await register()
  for (const [password, status] of [
    ['wrong', 403],
    [undefined, 400],
  ] as const)
    expect((await ask(person, { password })).status).toBe(status)
  expect((await openBrowser().post(path, { password: person.password })).status).toBe(401)
  expect(await inAuth(sql`select 1 from social_logins where link_user_id = ${person.id}`)).toEqual([])
  expect(await eventsOf(person.id)).toContain('login.failed')
})

test('who has a second factor gives a code of it, too', async () => {
  const person = await register()
  const { browser, password, token } = person
  const enrolment = await browser.post('/api/users/me/mfa/totp', { password }, token)
  const { secret } = (await enrolment.json()) as { secret: string }
  const mfaCode = new TOTP({ secret }).generate()
  await browser.post('/api/users/me/mfa/totp/confirm', { code: mfaCode }, token)
  await inAuth(sql`update mfa_factors set last_step = 0 where user_id = ${person.id}`)
  expect((await ask(person)).status).toBe(403)
  expect((await ask(person, { mfaCode })).status).toBe(200)
})

test('nobody is made to link an account that another browser has begun to link', async () => {
  const [attacker, victim] = [await register(), await register()]
  google.says(newcomer())
  const callback = await goThere(attacker)
  await ask(victim)
  expect((await victim.browser.get(callback)).status).toBe(400)
  expect(await identitiesOf(victim.id)).toEqual([])
})

test('an account that is linked to somebody is not linked to anybody else, whoever asks', async () => {
  const [first, second] = [await register(), await register()]
  google.says(newcomer())
  await first.browser.get(await goThere(first))
  const answer = await second.browser.get(await goThere(second))
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'identity.taken' })
  expect(await identitiesOf(second.id)).toEqual([])
  expect(await identitiesOf(first.id)).toHaveLength(1)
})

test('a second account of one provider is refused, and the same one once more is no fault and no news', async () => {
  const person = await register()
  google.says(newcomer())
  await person.browser.get(await goThere(person))
  const [events, mails] = [await eventsOf(person.id), (await mailsTo(person)).length]
  expect((await person.browser.get(await goThere(person))).status).toBe(204)
  expect(await eventsOf(person.id)).toEqual(events)
  expect(await mailsTo(person)).toHaveLength(mails)
  google.says(newcomer())
  expect((await person.browser.get(await goThere(person))).status).toBe(409)
})

test('who is suspended before they come back has nothing linked', async () => {
  const person = await register()
  google.says(newcomer())
  const callback = await goThere(person)
  await inDirectory(sql`update users set status = 'suspended' where id = ${person.id}`)
  expect((await person.browser.get(callback)).status).toBe(401)
  expect(await identitiesOf(person.id)).toEqual([])
})

test('a front end gets the browser back without a code, and is told what was linked', async () => {
  const { google, openBrowser } = withFrontEnd
  const person = { ...(await register()), browser: openBrowser() }
  google.says(newcomer())
  const answer = await person.browser.get(await goThere(person))
  expect(answer.headers.get('location')).toBe(`${frontEnd}?linked=google`)
})

test.each(['https://evil.example', `${frontEnd}/`])(
  'linking ends at no other address than signing in does: not at %s',
  async (returnTo) => {
    const person = { ...(await register()), browser: withFrontEnd.openBrowser() }
    expect((await ask(person, { returnTo })).status).toBe(400)
  },
)

test('who has no password yet is told to set one first', async () => {
  google.says(newcomer())
  const browser = openBrowser()
  const { accessToken } = (await (await browser.signInBy('google')).json()) as TokensAnswer
  const answer = await browser.post('/api/users/me/identities/github', { password: 'any' }, accessToken)
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'identity.password_needed' })
})
