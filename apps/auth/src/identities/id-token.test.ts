import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clients, newcomer, socialHarness } from './harness.ts'

const { google, openBrowser, allSessions } = await socialHarness()
const now = () => Math.floor(Date.now() / 1000)

beforeEach(() => google.says(newcomer()))
afterEach(() => google.answers((usual) => usual))

async function expectRefusal() {
  const before = await allSessions()
  const answer = await openBrowser().signInBy('google')
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ code: 'identity_provider.refused' })
  expect(await allSessions()).toEqual(before)
}

test.each([
  ['of another application of the same provider', { aud: 'another client' }],
  ['of another application, which we are added to', { aud: ['another client', clients.GOOGLE_CLIENT_ID] }],
  ['of no application', { aud: undefined }],
  ['that was issued to another application', { azp: 'another client' }],
  ['of another issuer', { iss: 'https://accounts.evil.example' }],
  ['of an issuer that is spelled otherwise', { iss: `${google.url}/` }],
  ['of no issuer', { iss: undefined }],
  ['that has expired', { exp: now() - 60 }],
  ['that never expires', { exp: undefined }],
  ['that expires at no time', { exp: 'never' }],
  ['that is not good yet', { nbf: now() + 600 }],
  ['without the time it was issued at', { iat: undefined }],
  ['about another sign-in', { nonce: 'another' }],
  ['about no sign-in', { nonce: undefined }],
  ['about nobody', { sub: undefined }],
  ['about an empty name', { sub: '' }],
  ['about a number', { sub: 42 }],
])('an ID token %s opens nothing', async (_, claims) => {
  google.says({ ...newcomer(), ...claims })
  await expectRefusal()
})

test('an ID token that names us twice over, as audience and as authorized party, is good', async () => {
  google.says({ ...newcomer(), aud: [clients.GOOGLE_CLIENT_ID], azp: clients.GOOGLE_CLIENT_ID })
  expect((await openBrowser().signInBy('google')).status).toBe(200)
})

/** Another token about the same in place of the provider's own. */
const forge = (make: (claims: JWTPayload, kid: string) => unknown) =>
  google.answers(({ id_token }) => {
    const token = String(id_token)
    return { id_token: make(decodeJwt(token), String(decodeProtectedHeader(token).kid)) }
  })

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const providerKey = () => createPublicKey({ key: google.keys.toJSON()[0] ?? {}, format: 'jwk' })
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 })

function signed(header: object, claims: JWTPayload) {
  const input = `${base64url({ alg: 'RS256', ...header })}.${base64url(claims)}`
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), theirs.privateKey).toString('base64url')}`
}

test('an ID token that is signed with a key of somebody else opens nothing, whatever key it names', async () => {
  for (const named of [undefined, 'unknown', 'ours']) {
    forge((claims, kid) => signed({ kid: named === 'ours' ? kid : named }, claims))
    await expectRefusal()
  }
})

test('an ID token that brings a key of its own along opens nothing', async () => {
  forge((claims) => signed({ jwk: theirs.publicKey.export({ format: 'jwk' }) }, claims))
  await expectRefusal()
})

test('an ID token without a signature opens nothing', async () => {
  forge((claims) => `${base64url({ alg: 'none' })}.${base64url(claims)}.`)
  await expectRefusal()
})

test('an ID token that is signed with the public key as a shared secret opens nothing', async () => {
  forge((claims, kid) => {
    const input = `${base64url({ alg: 'HS256', kid })}.${base64url(claims)}`
    const pem = providerKey().export({ type: 'spki', format: 'pem' })
    return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
  })
  await expectRefusal()
})

test.each([
  ['none', undefined],
  ['no text', 42],
  ['no token', 'not a token'],
])('an answer with %s in place of an ID token opens nothing', async (_, idToken) => {
  forge(() => idToken)
  await expectRefusal()
})
