import { createHmac, createPublicKey, KeyObject, sign as signBytes } from 'node:crypto'
import { generateKeyPair } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  authentication,
  endpoint,
  goodClaims,
  jwk,
  sendRaw,
  serve,
  sign,
  signingKey,
  subject,
} from './harness.ts'

const revoked = new Set<string | undefined>()
const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })
const { app, url, lines } = await serve(
  (app) => app.route({ ...guarded, handler: async ({ principal }) => principal }),
  { authentication: { ...authentication, isRevoked: ({ sessionId }) => revoked.has(sessionId) } },
)

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const answerTo = (authorization: string) => app.inject({ url: '/api/guarded', headers: { authorization } })
const withToken = (token: string) => answerTo(`Bearer ${token}`)
const claims = (more: Record<string, unknown> = {}) => ({ ...goodClaims('users:read'), ...more })
const nowSeconds = () => Math.floor(Date.now() / 1_000)

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** A token with just this header, whatever it says, that is properly signed with the issuer's key. */
const signAs = (header: unknown, payload: unknown = claims()) => {
  const input = `${encode(header)}.${encode(payload)}`
  const key = KeyObject.from(signingKey)
  return `${input}.${signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

async function expectRefused(reply: Awaited<ReturnType<typeof withToken>>) {
  expect(reply.statusCode).toBe(401)
  expect(reply.headers['www-authenticate']).toBe('Bearer realm="gatehouse", error="invalid_token"')
  expect(reply.json()).toMatchObject({ code: 'auth.invalid_token' })
}

test('a good token says who is calling', async () => {
  const token = await sign(claims({ sid: 'session-1', scope: 'users:read no:such roles:read' }))
  expect((await withToken(token)).json()).toMatchObject({ id: subject, kind: 'user', sessionId: 'session-1' })
})

test.each([
  ['application/at+jwt', { typ: 'application/at+jwt' }],
  ['AT+JWT', { typ: 'AT+JWT' }],
])('a token may name its type as %s (RFC 9068, section 4)', async (_, header) => {
  expect((await withToken(await sign(claims(), header))).statusCode).toBe(200)
})

test('a token for this service alone is good too', async () => {
  expect((await withToken(await sign(claims({ aud: 'example' })))).statusCode).toBe(200)
  expect((await withToken(await sign(claims({ aud: ['elsewhere', 'example'] })))).statusCode).toBe(200)
})

const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  .export({ type: 'spki', format: 'pem' })
  .toString()
const der = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'der' })
const hmac = (key: string | Buffer) => {
  const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'first' })}.${encode(claims())}`
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}
const ed25519 = await generateKeyPair('Ed25519')
const stranger = await generateKeyPair('ES256')

test.each([
  ['none', async () => signAs({ alg: 'none', typ: 'at+jwt', kid: 'first' })],
  [
    'none, without a signature',
    async () => `${encode({ alg: 'none', typ: 'at+jwt', kid: 'first' })}.${encode(claims())}.`,
  ],
  ['HS256 with the public key as PEM', async () => hmac(pem)],
  ['HS256 with the public key as PEM after a space', async () => hmac(` ${pem}`)],
  ['HS256 with the public key as DER', async () => hmac(der)],
  ['HS256 with the public key as JWK', async () => hmac(JSON.stringify(jwk))],
  ['EdDSA', () => sign(claims(), { alg: 'Ed25519' }, ed25519.privateKey)],
  ['a list', async () => signAs({ alg: ['ES256'], typ: 'at+jwt', kid: 'first' })],
  ['lower case', async () => signAs({ alg: 'es256', typ: 'at+jwt', kid: 'first' })],
  ['nothing', async () => signAs({ typ: 'at+jwt', kid: 'first' })],
  ['ES256 by another key', () => sign(claims(), {}, stranger.privateKey)],
])('a token whose algorithm is %s is refused', async (_, token) => {
  await expectRefused(await withToken(await token()))
})

test.each([
  undefined,
  '',
  'unknown',
  ['first'],
  { first: 1 },
  1,
  '../../dev/null',
  "' OR 1=1",
  'x'.repeat(10_000),
])('a token whose kid is %j is refused', async (kid) => {
  const { privateKey } = stranger
  await expectRefused(await withToken(await sign(claims(), { kid: kid as string }, privateKey)))
  await expectRefused(await withToken(signAs({ alg: 'ES256', typ: 'at+jwt', kid })))
})

test.each(['__proto__', 'constructor', 'toString'])('a token whose kid is %s is refused', async (kid) => {
  await expectRefused(await withToken(signAs(`{"alg":"ES256","typ":"at+jwt","kid":"${kid}"}`)))
})

test.each([
  ['jwk', { jwk: { kty: 'EC', crv: 'P-256' } }],
  ['jku', { jku: 'http://127.0.0.1:1/jwks.json' }],
  ['x5u', { x5u: 'http://127.0.0.1:1/cert.pem' }],
  ['x5c', { x5c: ['MIIB'] }],
])('a key that a token brings along as %s is not used', async (_, header) => {
  await expectRefused(await withToken(await sign(claims(), header, stranger.privateKey)))
})

test.each([
  { crit: ['exp'], exp: 1 },
  { crit: ['b64'], b64: true },
  { crit: ['made-up'], 'made-up': 1 },
  { crit: ['made-up'] },
  { crit: [] },
  { crit: 'exp' },
])('a token with %j in its header is refused', async (header) => {
  await expectRefused(await withToken(signAs({ alg: 'ES256', typ: 'at+jwt', kid: 'first', ...header })))
})

test('the header and signature that the refused tokens here are made with are good as such', async () => {
  expect((await withToken(signAs({ alg: 'ES256', typ: 'at+jwt', kid: 'first' }))).statusCode).toBe(200)
})

test.each(['JWT', 'id+jwt', 'rt+jwt', 'at+jwt ', 'at', '', undefined, null, ['at+jwt']])(
  'a token of the type %j is refused',
  async (typ) => {
    await expectRefused(await withToken(await sign(claims(), { typ: typ as string })))
  },
)

test.each([
  ['another issuer', { iss: 'https://issuer.test/' }],
  ['an issuer with a suffix', { iss: 'https://issuer.test.evil' }],
  ['a list of issuers', { iss: ['https://issuer.test'] }],
  ['no issuer', { iss: undefined }],
  ['another audience', { aud: 'audit' }],
  ['no audience', { aud: undefined }],
  ['an empty list of audiences', { aud: [] }],
  ['a number for an audience', { aud: 1 }],
  ['no subject', { sub: undefined }],
  ['an empty subject', { sub: '' }],
  ['no tenant', { tid: undefined }],
  ['a tenant that is not an id', { tid: 'platform' }],
  ['an unknown kind', { kind: 'root' }],
  ['no kind', { kind: undefined }],
  ['a list for a scope', { scope: ['users:read'] }],
  ['no scope', { scope: undefined }],
  ['no id', { jti: undefined }],
  ['no expiry', { exp: undefined }],
  ['an expiry in words', { exp: String(nowSeconds() + 60) }],
  ['a past expiry', { exp: nowSeconds() - 1 }],
  ['an endless expiry', { exp: 1e300 }],
  ['no time of issue', { iat: undefined }],
  ['a time of issue in words', { iat: String(nowSeconds()) }],
  ['a future time of issue', { iat: nowSeconds() + 60, exp: nowSeconds() + 120 }],
  ['a time before which it is not good', { nbf: nowSeconds() + 60 }],
  ['a time before which it is not good, in words', { nbf: 'now' }],
  ['a life of more than ten minutes', { iat: nowSeconds() - 1, exp: nowSeconds() + 600 }],
])('a token with %s is refused, though it is signed', async (_, more) => {
  const payload = JSON.parse(JSON.stringify(claims(more)))
  await expectRefused(await withToken(await sign(payload)))
})

test('clocks may differ by 30 s', async () => {
  const ahead = { iat: nowSeconds() + 25, nbf: nowSeconds() + 25, exp: nowSeconds() + 300 }
  expect((await withToken(await sign(claims(ahead)))).statusCode).toBe(200)
})

test('two tokens never share a result', async () => {
  const token = await sign(claims())
  expect((await withToken(token)).statusCode).toBe(200)
  const [header, payload, signature = ''] = token.split('.')
  const more = encode({ ...claims(), scope: 'users:read users:write', sub: 'somebody-else' })
  await expectRefused(await withToken(`${header}.${more}.${signature}`))
  await expectRefused(await withToken(`${header}.${payload}.${signature.slice(0, -4)}AAAA`))
  await expectRefused(await withToken(`${token}=`))
  await expectRefused(await withToken(`${token} `))
})

test('a token that was good is refused from the moment it expires', async () => {
  const token = await sign(claims({ exp: nowSeconds() + 60 }))
  expect((await withToken(token)).statusCode).toBe(200)
  vi.setSystemTime(Date.now() + 61_000)
  await expectRefused(await withToken(token))
})

test('a token that was good is refused from the moment it is revoked', async () => {
  const token = await sign(claims({ sid: 'session-2' }))
  expect((await withToken(token)).statusCode).toBe(200)
  revoked.add('session-2')
  await expectRefused(await withToken(token))
  await expectRefused(await withToken(await sign(claims({ sid: 'session-2' }))))
})

const good = await sign(claims())

test.each([
  'Bearer',
  'Bearer ',
  'bearer',
  `Bearer  ${good}`,
  `Bearer\t${good}`,
  `Bearer ${good} `,
  `Bearer ${good},${good}`,
  `Bearer ${good}\u00e9`,
  `Bearer %00`,
  `Bearer ${good}%00`,
  `Bearer ${'a'.repeat(8_000)}`,
  `Bearer ${'a.'.repeat(4_000)}`,
  'Bearer ..',
  'Bearer e30.e30.',
  `Bearer ${encode('null')}.${encode('null')}.AAAA`,
  `Bearer ${encode('[')}.${encode('[')}.AAAA`,
  `Basic ${good}`,
  `Token ${good}`,
  good,
])('an Authorization header of "%.40s" is refused', async (authorization) => {
  await expectRefused(await answerTo(authorization))
})

test('the scheme may be written in any case', async () => {
  expect((await answerTo(`bearer ${good}`)).statusCode).toBe(200)
  expect((await answerTo(`BEARER ${good}`)).statusCode).toBe(200)
})

test.each([
  ['two headers', `Authorization: Bearer ${good}\r\nAuthorization: Bearer ${good}\r\n`, 401],
  ['a good header and a bad one', `Authorization: Bearer ${good}\r\nAuthorization: Bearer x\r\n`, 401],
  ['an empty header', 'Authorization:\r\n', 401],
  ['a header of 64 kB', `Authorization: Bearer ${'a'.repeat(65_536)}\r\n`, 431],
  ['a header with bytes that are not ASCII', `Authorization: Bearer \u00ff${good}\r\n`, 401],
  ['a header that goes on in the next line', `Authorization: Bearer\r\n ${good}\r\n`, 400],
])('over the wire, %s is refused', async (_, header, status) => {
  const reply = await sendRaw(
    url,
    `GET /api/guarded HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${header}\r\n`,
  )
  expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})

test('no token, and nothing of one, is ever written to the log', async () => {
  const token = await sign(claims())
  await withToken(token)
  await withToken(`${token}x`)
  const [, payload = '', signature = ''] = token.split('.')
  expect(JSON.stringify(lines)).not.toContain(payload.slice(0, 40))
  expect(JSON.stringify(lines)).not.toContain(signature.slice(0, 20))
})
