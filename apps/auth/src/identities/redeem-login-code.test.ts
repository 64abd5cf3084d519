import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { TOTP } from 'otpauth'
import { beforeEach, expect, inject, test } from 'vitest'
import { type Browser, frontEnd, newcomer, socialHarness, type TokensAnswer } from './harness.ts'

const settings = { LOGIN_RETURN_URLS: frontEnd }
const auth = await socialHarness({ settings })
const withoutFrontEnd = await socialHarness({ beside: auth })
const { google, openBrowser, allSessions, sessionsOf, inAuth, inDirectory, register } = auth

beforeEach(() => google.says(newcomer()))

/** Signs in by Google, and gives the code that the front end gets. */
async function codeFor(browser: Browser, at = frontEnd) {
  const answer = await browser.signInBy('google')
  const location = new URL(answer.headers.get('location') ?? '')
  expect(`${location.origin}${location.pathname}`).toBe(at)
  return location.searchParams.get('code') ?? ''
}

const redeem = (browser: Browser, code: string, mfaCode?: string) =>
  browser.post('/api/auth/oauth/redeem', { code, ...(mfaCode !== undefined && { mfaCode }) })

async function expectInvalid(answer: Response) {
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'social_login.invalid_code' })
}

test('the code is good for tokens, once', async () => {
  const browser = openBrowser()
  const code = await codeFor(browser)
  const answer = await redeem(browser, code)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const { user } = (await answer.json()) as TokensAnswer
  expect(await sessionsOf(user.id)).toMatchObject([{ amr: ['fed'] }])
  await expectInvalid(await redeem(browser, code))
})

test('of twenty that redeem one code at once, one gets tokens, and one session is started', async () => {
  const before = (await allSessions()).length
  const browser = openBrowser()
  const code = await codeFor(browser)
  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(browser, code)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(400)])
  expect(await allSessions()).toHaveLength(before + 1)
})

test('the code of one browser is of no use in another, neither to who has stolen it nor to who is handed it', async () => {
  const [owner, other, bare] = [openBrowser(), openBrowser(), openBrowser()]
  const code = await codeFor(owner)
  await other.follow('/api/auth/oauth/google')
  await expectInvalid(await redeem(other, code))
  await expectInvalid(await redeem(bare, code))
  expect((await redeem(owner, code)).status).toBe(200)
})

test('a code that is older than a minute, changed, cut or of another kind is refused', async () => {
  const browser = openBrowser()
  const code = await codeFor(browser)
  for (const wrong of [
    `${code}.`,
    code.slice(0, -4),
    `${code.slice(0, -8)}AAAAAAAA`,
    'gate_ott_unknown',
    'a.b.c.d.e',
  ])
    await expectInvalid(await redeem(browser, wrong))
  await inAuth(sql`update one_time_tokens set expires_at = expires_at - interval '60 seconds'`)
  await expectInvalid(await redeem(browser, code))
})

test('who is suspended between the two steps is not let in', async () => {
  const browser = openBrowser()
  const person = newcomer()
  google.says(person)
  const code = await codeFor(browser)
  await inDirectory(sql`update users set status = 'suspended' where email = ${person.email}`)
  const answer = await redeem(browser, code)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ code: 'auth.wrong_credentials' })
})

/** Somebody with an authenticator app, whom Google can sign in. */
async function personWithApp() {
  const person = await register()
  await inDirectory(sql`update users set email_verified = true where id = ${person.id}`)
  const { browser, token, password } = person
  const enrolment = await browser.post('/api/users/me/mfa/totp', { password }, token)
  const { secret } = (await enrolment.json()) as { secret: string }
  await browser.post('/api/users/me/mfa/totp/confirm', { code: codeOf(secret) }, token)
  await inAuth(sql`update mfa_factors set last_step = 0 where user_id = ${person.id}`)
  const claims = { ...newcomer(), email: person.email }
  google.says(claims)
  withoutFrontEnd.google.says(claims)
  return { ...person, secret }
}

const codeOf = (secret: string) => new TOTP({ secret }).generate()

test('who has a second factor needs it with a provider as well: the same code is redeemed again together with it', async () => {
  const person = await personWithApp()
  const browser = openBrowser()
  const code = await codeFor(browser)
  const answer = await redeem(browser, code)
  expect(answer.status).toBe(401)
  expect(await answer.json()).toMatchObject({ code: 'mfa_required' })
  expect(await sessionsOf(person.id)).toHaveLength(1)

  await inAuth(sql`update one_time_tokens set expires_at = expires_at - interval '239 seconds'`)
  expect((await redeem(browser, code, codeOf(person.secret))).status).toBe(200)
  expect((await sessionsOf(person.id)).map(({ amr }) => amr)).toContainEqual(['fed', 'otp'])
  await expectInvalid(await redeem(browser, code, codeOf(person.secret)))
})

test('where a second factor is due a code dies after five tries', async () => {
  const { secret } = await personWithApp()
  const browser = openBrowser()
  const code = await codeFor(browser)
  for (let tries = 0; tries < 5; tries++) expect((await redeem(browser, code)).status).toBe(401)
  await expectInvalid(await redeem(browser, code, codeOf(secret)))
})

test('where a second factor is due a code dies after five minutes', async () => {
  const { secret } = await personWithApp()
  const browser = openBrowser()
  const code = await codeFor(browser)
  expect((await redeem(browser, code)).status).toBe(401)
  await inAuth(sql`update one_time_tokens set expires_at = expires_at - interval '300 seconds'`)
  await expectInvalid(await redeem(browser, code, codeOf(secret)))
})

test('without a front end, who has a second factor gets a code to redeem together with it', async () => {
  const person = await personWithApp()
  const browser = withoutFrontEnd.openBrowser()
  const answer = await browser.signInBy('google')
  expect(answer.status).toBe(401)
  const { code, loginCode } = (await answer.json()) as { code: string; loginCode: string }
  expect(code).toBe('mfa_required')
  expect(await sessionsOf(person.id)).toHaveLength(1)
  await expectInvalid(await redeem(withoutFrontEnd.openBrowser(), loginCode, codeOf(person.secret)))
  expect((await redeem(browser, loginCode, codeOf(person.secret))).status).toBe(200)
})

test('while the directory is away a code is a 503 and stays good', async () => {
  const there = new URL(inject('directoryUrl'))
  let isAway = false
  const proxy = createServer((incoming, response) => {
    if (isAway) return void incoming.socket.destroy()
    const { method, url, headers } = incoming
    const onward = request(
      { host: there.hostname, port: there.port, method, path: url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(response)
      },
    )
    incoming.pipe(onward)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const directoryUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const fragile = await socialHarness({ settings, directoryUrl })
  fragile.google.says(newcomer())
  const browser = fragile.openBrowser()
  const code = await codeFor(browser)

  isAway = true
  const answer = await redeem(browser, code)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBeTruthy()
  const callback = await browser.signInBy('google')
  expect(callback.headers.get('location')).toBe(`${frontEnd}?error=directory.unavailable`)
  isAway = false
  expect((await redeem(browser, code)).status).toBe(200)
})
