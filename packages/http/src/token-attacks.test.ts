import { KeyObject, sign as signBytes } from 'node:crypto'
import { CompactEncrypt, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { authentication, endpoint, goodClaims, jwk, serve, sign, signingKey } from './harness.ts'

const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })
const { app } = await serve((app) => app.route({ ...guarded, handler: async ({ principal }) => principal }), {
  authentication,
})

const withToken = (token: string) =>
  app.inject({ url: '/api/guarded', headers: { authorization: `Bearer ${token}` } })

async function expectRefused(token: string) {
  const reply = await withToken(token)
  expect(reply.json()).toMatchObject({ code: 'auth.invalid_token' })
  expect(reply.statusCode).toBe(401)
}

const claims = (more: Record<string, unknown> = {}) => ({ ...goodClaims('users:read'), ...more })
const goodHeader = { alg: 'ES256', typ: 'at+jwt', kid: 'first' }
const encode = (text: string) => Buffer.from(text).toString('base64url')

/** A token of just these texts that is properly signed with the issuer's key. */
const signText = (
  header: string,
  payload: string,
  dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
  hash = 'sha256',
) => {
  const input = `${encode(header)}.${encode(payload)}`
  const key = { key: KeyObject.from(signingKey), dsaEncoding }
  return `${input}.${signBytes(hash, Buffer.from(input), key).toString('base64url')}`
}

const [goodInput = '', goodSignature = ''] = (() => {
  const token = signText(JSON.stringify(goodHeader), JSON.stringify(claims()))
  return [token.slice(0, token.lastIndexOf('.')), token.slice(token.lastIndexOf('.') + 1)]
})()

const bytes = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const zero = '00'.repeat(32)

test('the tokens that are spoilt here are good before', async () => {
  expect((await withToken(`${goodInput}.${goodSignature}`)).statusCode).toBe(200)
})

test.each([
  ['is empty', ''],
  ['is all zeros (CVE-2022-21449)', bytes(zero + zero)],
  ['has r = 0', bytes(zero) + goodSignature.slice(43)],
  ['is the order of the curve twice', bytes(order + order)],
  ['is one byte short', goodSignature.slice(0, -2)],
  ['is one byte long', `${goodSignature}AA`],
  ['stands twice', goodSignature + goodSignature],
  [
    'has characters of the other base64',
    goodSignature.replaceAll('-', '+').replaceAll('_', '/').replace(/\w/, '+'),
  ],
])('a token whose signature %s is refused', async (_, signature) => {
  await expectRefused(`${goodInput}.${signature}`)
})

test.each([
  ['in ASN.1 DER', signText(JSON.stringify(goodHeader), JSON.stringify(claims()), 'der')],
  ['over SHA-512', signText(JSON.stringify(goodHeader), JSON.stringify(claims()), 'ieee-p1363', 'sha512')],
])('a signature %s is not that of ES256 (RFC 7518, section 3.4)', async (_, token) => {
  await expectRefused(token)
})

const rsa = await generateKeyPair('RS256')
const p384 = await generateKeyPair('ES384')

test.each([
  ['RS256', rsa.privateKey],
  ['PS256', (await generateKeyPair('PS256')).privateKey],
  ['ES384', p384.privateKey],
  ['HS512', new TextEncoder().encode(JSON.stringify(jwk))],
])('a token by %s is refused, whatever key it names', async (alg, key) => {
  const token = new SignJWT(claims()).setProtectedHeader({ ...goodHeader, alg })
  await expectRefused(await token.sign(key))
})

test.each(['ES256 ', ' ES256', 'Es256', 'ES256K', 'NONE', 'nOnE', null, 1, {}])(
  'a token whose algorithm is called %j is refused, though its signature is good',
  async (alg) => {
    await expectRefused(signText(JSON.stringify({ ...goodHeader, alg }), JSON.stringify(claims())))
  },
)

test.each([
  'first ',
  'FIRST',
  'first\u0000',
  'ﬁrst',
  'first/../first',
  'https://evil.test/first',
  true,
  null,
  [],
])('a kid is compared to the letter: %j is not first', async (kid) => {
  await expectRefused(signText(JSON.stringify({ ...goodHeader, kid }), JSON.stringify(claims())))
})

test.each([
  ['an array', '[]'],
  ['a text', '"ES256"'],
  ['null', 'null'],
  ['empty', ''],
  ['cut off', '{"alg":"ES256","typ":"at+jwt","kid":"first"'],
  ['followed by something', '{"alg":"ES256","typ":"at+jwt","kid":"first"} {}'],
])('a token whose header is %s is refused', async (_, header) => {
  await expectRefused(signText(header, JSON.stringify(claims())))
})

test('an encrypted token (JWE) is no access token, though made with a key that is public', async () => {
  const { publicKey } = await generateKeyPair('ECDH-ES')
  const jwe = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(claims())))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: 'at+jwt', kid: 'first' })
    .encrypt(publicKey)
  await expectRefused(jwe)
})

test('a payload that is not encoded (RFC 7797) is refused', async () => {
  const header = { ...goodHeader, b64: false, crit: ['b64'] }
  await expectRefused(signText(JSON.stringify(header), JSON.stringify(claims())))
})

const nowSeconds = Math.floor(Date.now() / 1_000)

test.each([
  ['an expiry of true', { exp: true }],
  ['an expiry in a list', { exp: [nowSeconds + 60] }],
  ['an expiry of null', { exp: null }],
  ['an expiry below zero', { exp: -1 }],
  ['an expiry in milliseconds', { exp: (nowSeconds + 60) * 1_000 }],
  ['a time of issue of null', { iat: null }],
  ['a time of issue long ago', { iat: 0 }],
  ['a time before which it is not good of null', { nbf: null }],
  ['a subject that is a number', { sub: 1 }],
  ['a subject that is a list', { sub: ['x'] }],
  ['a subject of 2,000 letters', { sub: 'x'.repeat(2_000) }],
  ['a kind of __proto__', { kind: '__proto__' }],
  ['an audience with another beginning', { aud: 'gatehouse.evil' }],
  ['an audience in other letters', { aud: 'GATEHOUSE' }],
  ['an audience that is a mapping', { aud: { gatehouse: true } }],
  ['an issuer with a port', { iss: 'https://issuer.test:443' }],
  ['an issuer in other letters', { iss: 'https://ISSUER.test' }],
  ['a scope that is a mapping', { scope: { 'users:read': true } }],
])('a token with %s is refused, though it is signed', async (_, more) => {
  await expectRefused(signText(JSON.stringify(goodHeader), JSON.stringify(claims(more))))
})

test('that a token is known makes nothing known that is written otherwise', async () => {
  const token = await sign(claims())
  expect((await withToken(token)).statusCode).toBe(200)
  for (const other of [
    `${token}.`,
    `.${token}`,
    token.toLowerCase(),
    token.toUpperCase(),
    `${token}${token}`,
  ])
    await expectRefused(other)
})

test.each([
  ['in the query', '/api/guarded?access_token='],
  ['in a cookie', '/api/guarded'],
])('a token %s opens nothing (RFC 6750, sections 2.3 and 5.3)', async (where, url) => {
  const token = await sign(claims())
  const reply = where.includes('query')
    ? await app.inject(`${url}${token}`)
    : await app.inject({ url, headers: { cookie: `token=${token}; authorization=Bearer ${token}` } })
  expect(reply.statusCode).toBe(401)
  expect(reply.json()).toMatchObject({ code: 'auth.unauthenticated' })
})

test('identity headers of the caller’s own making change nothing', async () => {
  const authorization = `Bearer ${await sign(claims())}`
  const forged = { 'x-user-id': 'root', 'x-tenant-id': crypto.randomUUID(), 'x-forwarded-user': 'root' }
  const honest = (await app.inject({ url: '/api/guarded', headers: { authorization } })).json()
  expect((await app.inject({ url: '/api/guarded', headers: { authorization, ...forged } })).json()).toEqual(
    honest,
  )
  expect((await app.inject({ url: '/api/guarded', headers: forged })).statusCode).toBe(401)
})
