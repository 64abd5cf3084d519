import { createHash } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { socialLogins } from '../tables.ts'
import { frontEnd, socialHarness } from './harness.ts'

const returnUrls = `${frontEnd},http://localhost:3000/back?from=login`
const { openBrowser, db, inAuth } = await socialHarness({ settings: { LOGIN_RETURN_URLS: returnUrls } })
const withoutProviders = await socialHarness({
  settings: { GOOGLE_CLIENT_SECRET: undefined, GITHUB_CLIENT_SECRET: undefined },
})

const providers = ['google', 'github', 'microsoft'] as const
const begun = () => readInPlatform(db, (tx) => tx.select().from(socialLogins))

test.each(providers)(
  'a sign-in by %s has state, PKCE and nonce of 128 bits and more, new each time',
  async (name) => {
    const browser = openBrowser()
    const one = new URL(await browser.follow(`/api/auth/oauth/${name}`)).searchParams
    const other = new URL(await browser.follow(`/api/auth/oauth/${name}`)).searchParams
    expect(one.get('code_challenge_method')).toBe('S256')
    for (const secret of name === 'github'
      ? ['state', 'code_challenge']
      : ['state', 'code_challenge', 'nonce']) {
      expect(Buffer.from(one.get(secret) ?? '', 'base64url').length, secret).toBeGreaterThanOrEqual(16)
      expect(one.get(secret)).not.toBe(other.get(secret))
    }
  },
)

test('the browser gets one cookie, which no other host, script or plain connection has part in, for all of its tabs', async () => {
  const browser = openBrowser()
  const answer = await browser.get('/api/auth/oauth/google')
  const [line = '', ...rest] = answer.headers.getSetCookie()
  expect(rest).toEqual([])
  const [pair = '', ...attributes] = line.split('; ')
  expect(pair).toMatch(/^__Host-gatehouse-sign-in=[\w-]{43}$/)
  expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=900', 'Path=/', 'SameSite=Lax', 'Secure'])
  expect((await browser.get('/api/auth/oauth/github')).headers.getSetCookie()[0]).toContain(pair)
})

test('of what a browser holds only digests are kept, and of the rest nothing that can be read', async () => {
  const browser = openBrowser()
  const { searchParams } = new URL(await browser.follow('/api/auth/oauth/google'))
  const [cookie = ''] = browser.cookies.values()
  const digest = createHash('sha256').update(cookie).digest()
  const row = (await begun()).find(({ browserDigest }) => browserDigest.equals(digest))
  expect(row?.stateDigest).toEqual(
    createHash('sha256')
      .update(searchParams.get('state') ?? '')
      .digest(),
  )
  const kept = JSON.stringify(row)
  for (const secret of [cookie, searchParams.get('state'), searchParams.get('nonce')])
    expect(kept).not.toContain(secret)
})

test('a browser with a cookie that is not of our making gets a new one', async () => {
  const browser = openBrowser()
  browser.cookies.set('__Host-gatehouse-sign-in', 'guessable')
  await browser.get('/api/auth/oauth/google')
  expect(browser.cookies.get('__Host-gatehouse-sign-in')).toMatch(/^[\w-]{43}$/)
})

test('where the provider sends the browser back to comes from a setting, whatever host a request names', async () => {
  const { app } = withoutProviders
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
  const answer = await app.inject({ method: 'GET', url: '/api/auth/oauth/microsoft', headers })
  const back = new URL(answer.headers.location ?? '').searchParams.get('redirect_uri')
  expect(back).toBe('http://issuer.test/api/auth/oauth/microsoft/callback')
})

test.each([
  ['google', 'GOOGLE_CLIENT_SECRET', 'GOOGLE_CLIENT_ID'],
  ['github', 'GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID'],
] as const)(
  'a provider that is not set up (%s) says which setting is missing, and no other',
  async (name, missing, there) => {
    const answer = await withoutProviders.openBrowser().get(`/api/auth/oauth/${name}`)
    expect(answer.status).toBe(404)
    const { code, detail } = (await answer.json()) as { code: string; detail: string }
    expect(code).toBe('social_login.not_configured')
    expect(detail).toContain(missing)
    expect(detail).not.toContain(there)
  },
)

test.each(returnUrls.split(','))('a browser may end up at %s, which is on the list', async (returnTo) => {
  const answer = await openBrowser().get(`/api/auth/oauth/google?returnTo=${encodeURIComponent(returnTo)}`)
  expect(answer.status).toBe(302)
})

test.each([
  '//evil.example',
  'https:evil.example',
  String.raw`\evil.example`,
  String.raw`https:\\evil.example`,
  'javascript:alert(1)',
  'data:text/html,hello',
  'https://app.gatehouse.test.evil.example/signed-in',
  'https://app.gatehouse.test@evil.example/signed-in',
  'https://evil.example/signed-in',
  'https://app.gatehouse.test/signed-in/..//evil.example',
  'https://app.gatehouse.test/signed-in?next=https://evil.example',
  'https://app.gatehouse.test/signed-in#evil',
  'https://app.gatehouse.test/Signed-in',
  'https://APP.gatehouse.test/signed-in',
  'https://app.gatehouse.test:443/signed-in',
  'https://app.gatehouse.test%2fsigned-in',
  'https%3A%2F%2Fapp.gatehouse.test%2Fsigned-in',
  'http://app.gatehouse.test/signed-in',
  '',
])('no browser is sent to %j, which is not on the list word for word', async (returnTo) => {
  const answer = await openBrowser().get(`/api/auth/oauth/google?returnTo=${encodeURIComponent(returnTo)}`)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('location')).toBeNull()
})

test('sign-ins that never came back are cleared away', async () => {
  await inAuth(sql`update social_logins set expires_at = now() - interval '1 second'`)
  const left = (await begun()).length
  for (let more = 0; more < Math.ceil(left / 10); more++) await openBrowser().get('/api/auth/oauth/google')
  const now = Date.now()
  expect((await begun()).filter(({ expiresAt }) => expiresAt.getTime() < now)).toEqual([])
})

test('an address that begins one sign-in after the other is told to wait', async () => {
  await inAuth(sql`update attempts set count = 300`)
  const answer = await openBrowser().get('/api/auth/oauth/google')
  expect(answer.status).toBe(429)
  expect(answer.headers.get('retry-after')).toBeTruthy()
})
