import { sql } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { frontEnd, newcomer, socialHarness, type TokensAnswer } from './harness.ts'

const auth = await socialHarness()
const { openBrowser, google, microsoft, inAuth, allSessions } = auth
const withFrontEnd = await socialHarness({ settings: { LOGIN_RETURN_URLS: frontEnd } })

beforeEach(() => {
  google.says(newcomer())
  google.declares({})
  withFrontEnd.google.says(newcomer())
})

const refused = async (answer: Response, status = 400, code = 'social_login.invalid') => {
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ code })
}

test('who comes back from the provider is signed in, as somebody who has proven their address', async () => {
  const person = newcomer()
  google.says(person)
  const answer = await openBrowser().signInBy('google')
  expect(answer.status).toBe(200)
  const { user } = (await answer.json()) as TokensAnswer
  expect(user).toMatchObject({
    email: person.email,
    emailVerified: true,
    firstName: 'Ada',
    lastName: 'Lovelace',
  })
  expect(await auth.sessionsOf(user.id)).toMatchObject([{ amr: ['fed'], tenantId: user.tenantId }])
  expect(await auth.eventsOf(user.id)).toEqual(['identity.linked', 'session.started'])
})

test('nothing that the provider has issued is kept', async () => {
  const browser = openBrowser()
  const answer = await browser.signInBy('google')
  const { user } = (await answer.json()) as TokensAnswer
  const [identity] = await auth.identitiesOf(user.id)
  expect(Object.keys(identity ?? {}).sort()).toEqual(
    ['createdAt', 'email', 'issuer', 'lastUsedAt', 'provider', 'subject', 'userId'].sort(),
  )
})

test('without the cookie of its browser a sign-in is refused, and starts no session', async () => {
  const before = await allSessions()
  const callback = await openBrowser().comeBackFrom('google')
  await refused(await openBrowser().get(callback))
  expect(await allSessions()).toEqual(before)
})

test('the sign-in of one browser is refused in another one that has begun one as well, and goes on in its own', async () => {
  const [victim, attacker] = [openBrowser(), openBrowser()]
  const callback = await attacker.comeBackFrom('google')
  await victim.follow('/api/auth/oauth/google')
  await refused(await victim.get(callback))
  expect((await attacker.get(callback)).status).toBe(200)
})

test.each([
  ['missing', (query: URLSearchParams) => query.delete('state'), 'request.invalid'],
  ['another one', (query: URLSearchParams) => query.set('state', 'x'.repeat(22)), 'social_login.invalid'],
  ['given twice', (query: URLSearchParams) => query.append('state', 'another'), 'request.invalid'],
] as const)('a sign-in whose state is %s is refused, and starts no session', async (_, change, code) => {
  const before = await allSessions()
  const browser = openBrowser()
  const callback = new URL(await browser.comeBackFrom('google'))
  change(callback.searchParams)
  await refused(await browser.get(callback.href), 400, code)
  expect(await allSessions()).toEqual(before)
})

test('a sign-in that took longer than ten minutes is refused', async () => {
  const browser = openBrowser()
  const callback = await browser.comeBackFrom('google')
  const [row] = await inAuth(
    sql`select extract(epoch from max(expires_at) - now())::int as seconds from social_logins`,
  )
  expect((row as { seconds: number }).seconds).toBeGreaterThan(590)
  expect((row as { seconds: number }).seconds).toBeLessThanOrEqual(600)
  await inAuth(sql`update social_logins set expires_at = expires_at - interval '10 minutes'`)
  await refused(await browser.get(callback))
})

test('a sign-in that is played a second time is refused', async () => {
  const browser = openBrowser()
  const callback = await browser.comeBackFrom('google')
  expect((await browser.get(callback)).status).toBe(200)
  await refused(await browser.get(callback))
})

test('of twenty callbacks at once with one code, one starts a session', async () => {
  const before = await allSessions()
  const browser = openBrowser()
  const callback = await browser.comeBackFrom('google')
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(400)])
  expect(await allSessions()).toHaveLength(before.length + 1)
})

test('two tabs of one browser don’t get into each other’s way', async () => {
  const browser = openBrowser()
  const first = await browser.comeBackFrom('google')
  const second = await browser.comeBackFrom('google')
  expect((await browser.get(first)).status).toBe(200)
  expect((await browser.get(second)).status).toBe(200)
})

test('what was begun at one provider is refused at the callback of another, which is sent nothing', async () => {
  const browser = openBrowser()
  const callback = await browser.comeBackFrom('google')
  const asked = [...auth.github.asked, ...microsoft.asked]
  await refused(await browser.get(callback.replace('/google/', '/github/')))
  await refused(await browser.get(callback.replace('/google/', '/microsoft/')))
  expect([...auth.github.asked, ...microsoft.asked]).toEqual(asked)
  expect((await browser.get(callback)).status).toBe(200)
})

test('the code of another sign-in at the same provider is refused: PKCE', async () => {
  const [browser, other] = [openBrowser(), openBrowser()]
  const callback = new URL(await browser.comeBackFrom('google'))
  const stolen = new URL(await other.comeBackFrom('google')).searchParams.get('code') ?? ''
  callback.searchParams.set('code', stolen)
  expect((await browser.get(callback.href)).status).toBeGreaterThanOrEqual(400)
})

test('a provider that declares it must name itself when it sends a browser back, and nobody else (RFC 9207)', async () => {
  const declaring = await socialHarness({ beside: auth })
  declaring.google.declares({ authorization_response_iss_parameter_supported: true })
  declaring.google.says(newcomer())
  const comeBack = async (iss?: string) => {
    const browser = declaring.openBrowser()
    const callback = new URL(await browser.comeBackFrom('google'))
    if (iss !== undefined) callback.searchParams.set('iss', iss)
    return browser.get(callback.href)
  }
  await refused(await comeBack())
  await refused(await comeBack('https://accounts.evil.example'))
  await refused(await comeBack(`${declaring.google.url}/`))
  expect((await comeBack(declaring.google.url)).status).toBe(200)
})

test.each(['google', 'github', 'microsoft'] as const)(
  'an answer of %s in the name of another issuer is refused',
  async (name) => {
    const browser = openBrowser()
    const callback = new URL(await browser.comeBackFrom(name))
    callback.searchParams.set('iss', 'https://accounts.evil.example')
    await refused(await browser.get(callback.href))
  },
)

test('who says no at the provider gets a plain answer, and nothing of what the provider says is repeated', async () => {
  const browser = openBrowser()
  const callback = new URL(await browser.comeBackFrom('google'))
  callback.searchParams.delete('code')
  callback.searchParams.set('error', 'access_denied')
  callback.searchParams.set('error_description', '<script>alert(1)</script>')
  const answer = await browser.get(callback.href)
  expect(answer.status).toBe(403)
  const text = await answer.text()
  expect(JSON.parse(text)).toMatchObject({ code: 'social_login.denied' })
  expect(text).not.toContain('script')
  await refused(await browser.get(callback.href))
})

test('a provider that sends the browser back with any other error, or without a code, is refused', async () => {
  for (const [error, status] of [
    ['server_error', 502],
    ['', 400],
  ] as const) {
    const browser = openBrowser()
    const callback = new URL(await browser.comeBackFrom('google'))
    callback.searchParams.delete('code')
    if (error) callback.searchParams.set('error', error)
    expect((await browser.get(callback.href)).status).toBe(status)
  }
})

test('a front end gets a code in place of the tokens, and they are nowhere in the address', async () => {
  const answer = await withFrontEnd.openBrowser().signInBy('google')
  expect(answer.status).toBe(302)
  const location = new URL(answer.headers.get('location') ?? '')
  expect(`${location.origin}${location.pathname}`).toBe(frontEnd)
  expect([...location.searchParams.keys()]).toEqual(['code'])
  expect(await answer.text()).toBe('')
  expect(await withFrontEnd.allSessions()).toEqual([])
})

test('a front end hears of what went wrong with a sign-in of its own, and only of that', async () => {
  const browser = withFrontEnd.openBrowser()
  const callback = new URL(await browser.comeBackFrom('google'))
  callback.searchParams.set('error', 'access_denied')
  await refused(await withFrontEnd.openBrowser().get(callback.href))
  const answer = await browser.get(callback.href)
  expect(answer.headers.get('location')).toBe(`${frontEnd}?error=social_login.denied`)
})
