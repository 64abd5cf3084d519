import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { newEmail, socialHarness } from './harness.ts'
import type { Fault } from './stand-ins/harness.ts'

const marker = 'what only the provider says'

/** What would be a good answer, but for what is done to it before it ends. */
const spoilt =
  (spoil: (response: ServerResponse, body: string) => string): Fault =>
  (request, response, usual) => {
    const end = response.end.bind(response)
    const spoilEnd = (body: string) => {
      response.removeHeader('content-length')
      return end(spoil(response, body))
    }
    response.end = spoilEnd as ServerResponse['end']
    usual(request, response)
  }
const answers = (statusCode: number) =>
  spoilt((response, body) => {
    response.statusCode = statusCode
    return body
  })

/** Ways in which a provider can fail to answer. */
const faults: Record<string, Fault> = {
  'hangs up': ({ socket }) => socket.destroy(),
  'answers 500': answers(500),
  'answers 401': answers(401),
  'answers what is not JSON': spoilt((_, body) => `<html>${marker}</html>${body}`),
  'answers JSON that is no object': spoilt(() => JSON.stringify(marker)),
  'answers more than a megabyte': spoilt((_, body) => body + ' '.repeat(1_100_000)),
  'sends us on to another address': (_, response) =>
    response.writeHead(302, { location: '/somewhere-else' }).end(marker),
}

const places = [
  ['google', '/.well-known/openid-configuration'],
  ['google', '/jwks'],
  ['google', '/token'],
  ['github', '/login/oauth/access_token'],
  ['github', '/user'],
  ['github', '/user/emails'],
] as const

const auth = await socialHarness()
const { openBrowser, allSessions } = auth
auth.google.says({ sub: 'ada', email: newEmail(), email_verified: true })
auth.github.is({
  user: { id: 1, login: 'ada' },
  emails: [{ email: newEmail(), primary: true, verified: true }],
})

// The addresses are taken in the order in which they are asked, so that none of them is remembered from before.
test.each(places.flatMap(([name, path]) => Object.keys(faults).map((fault) => [name, path, fault] as const)))(
  '%s, which at %s %s, is a plain refusal that repeats nothing of it',
  async (name, path, fault) => {
    const provider = auth[name]
    provider.faults.set(path, faults[fault] ?? (() => {}))
    const browser = openBrowser()
    const begun = await browser.get(`/api/auth/oauth/${name}`)
    const answer =
      begun.status === 302
        ? await browser.get(await browser.follow(begun.headers.get('location') ?? ''))
        : begun
    provider.faults.delete(path)

    const text = await answer.text()
    expect([502, 503]).toContain(answer.status)
    expect(JSON.parse(text)).toMatchObject({ code: expect.stringMatching(/^identity_provider\./) })
    expect(text).not.toContain(marker)
    expect(provider.asked).not.toContain('GET /somewhere-else')
    expect(await allSessions()).toEqual([])
  },
)

test('a provider that is slow is given up after five seconds, wherever it is slow, and whether at the header or the body', async () => {
  const silent: Fault = () => {}
  const unending: Fault = (_, response) => {
    response.setHeader('content-type', 'application/json').write('{"padding":"')
    const timer = setInterval(() => response.write('x'), 100)
    response.on('close', () => clearInterval(timer))
  }
  const slow = await Promise.all(
    places.flatMap(([name, path]) =>
      [silent, unending].map(async (fault) => {
        const { openBrowser, ...other } = await socialHarness({ beside: auth })
        other.google.says({ sub: 'ada', email: newEmail(), email_verified: true })
        other.github.is({ user: { id: 1, login: 'ada' }, emails: [] })
        other[name].faults.set(path, fault)
        const browser = openBrowser()
        const begun = await browser.get(`/api/auth/oauth/${name}`)
        if (begun.status !== 302) return begun
        return browser.get(await browser.follow(begun.headers.get('location') ?? ''))
      }),
    ),
  )
  expect(slow.map(({ status }) => status)).toEqual(slow.map(() => 503))
})

test.each([
  ['names another issuer', { issuer: 'https://accounts.evil.example' }],
  ['names its issuer a little otherwise', { issuer: `${auth.google.url}/` }],
  ['names no issuer', { issuer: undefined }],
  ['lacks the address of its keys', { jwks_uri: undefined }],
  ['has a token endpoint that is no address', { token_endpoint: 'token' }],
])('a provider whose metadata %s is not trusted', async (_, metadata) => {
  const { google, openBrowser } = await socialHarness({ beside: auth })
  google.declares({ ...metadata })
  const answer = await openBrowser().get('/api/auth/oauth/google')
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ code: 'identity_provider.refused' })
})

test('a provider that was away for a while is asked again at once', async () => {
  const { google, openBrowser } = await socialHarness({ beside: auth })
  google.says({ sub: 'ada', email: newEmail(), email_verified: true })
  google.faults.set('/.well-known/openid-configuration', ({ socket }) => socket.destroy())
  const refusal = await openBrowser().get('/api/auth/oauth/google')
  expect(refusal.status).toBe(503)
  google.faults.clear()
  expect((await openBrowser().signInBy('google')).status).toBe(200)
})
