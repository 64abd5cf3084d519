import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Tokens } from '@gatehouse/contracts/sessions'
import { type Act, tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import { inPlatform } from '@gatehouse/db/tenant'
import { createIssuerKey } from '@gatehouse/testing/tokens'
import { decodeJwt, importJWK, type JWTPayload, SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { harness as authHarness } from '../harness.ts'
import { serviceAccounts } from '../tables.ts'

/** Auth, and what a service behind it does with tokens. */
export async function harness(options: Parameters<typeof authHarness>[0] = {}) {
  const auth = await authHarness(options)
  const { app, as } = auth
  const forwards: readonly Permission[] = ['tokens:exchange', 'tokens:introspect', 'tokens:revoke']

  /** The account of a service, with these permissions and no others. */
  const account = (name: string, permissions: Permission[]) =>
    inPlatform(auth.db, (tx) =>
      tx
        .insert(serviceAccounts)
        .values({ name, permissions })
        .onConflictDoUpdate({ target: serviceAccounts.name, set: { permissions } }),
    )

  const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url, payload, headers })

  const asService = (subject = 'directory') => as({ kind: 'service', subject, permissions: forwards })

  /** Somebody who has registered, and so is the administrator of a tenant. */
  const person = async (): Promise<Tokens & { email: string; password: string }> => {
    const email = `${randomUUID()}@analytical.example`
    const password = `Difference engine no. ${randomUUID()}`
    const profile = { firstName: 'Ada', lastName: 'Lovelace', companyName: 'Analytical Engines' }
    const answer = await post('/api/auth/register', { email, password, ...profile })
    return { ...answer.json(), email, password }
  }

  const exchange = async (subjectToken: string, more: Record<string, unknown> = {}, service = 'directory') =>
    post(
      '/api/v1/auth/token',
      {
        grant_type: tokenExchangeGrant,
        subject_token: subjectToken,
        subject_token_type: tokenTypes.accessToken,
        audience: 'audit',
        ...more,
      },
      await asService(service),
    )

  const introspect = async (token: string) =>
    (await post('/api/auth/introspect', { token }, await asService('audit'))).json()

  const revoke = async (token: string) => post('/api/auth/revoke', { token }, await asService())

  /** A new API key of somebody. */
  const apiKey = async ({ accessToken, user }: Tokens, more: object = {}): Promise<string> => {
    const headers = { authorization: `Bearer ${accessToken}` }
    const answer = await post('/api/api-keys', { name: 'ci', userId: user.id, ...more }, headers)
    return answer.json().key
  }

  return { ...auth, account, post, asService, person, apiKey, exchange, introspect, revoke }
}

/** What an access token says, whoever signed it. */
export const claimsOf = (token: string) =>
  decodeJwt<{ exp: number; sid?: string; kind: string; scope: string; own?: string; act?: Act }>(token)

/** Another issuer, as the partner gateway will be: with keys of its own, at a URL of its own. */
export async function otherIssuer() {
  const key = await createIssuerKey()
  const privateKey = await importJWK(key.privateJwk, 'ES256')
  const state = { isUp: true }
  const server = createServer((_request, response) => {
    if (!state.isUp) return response.writeHead(503).end()
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify({ keys: [key.publicJwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const issuer = `https://partners.${randomUUID()}.test`

  const issue = (claims: JWTPayload = {}) => {
    const now = Math.floor(Date.now() / 1_000)
    const id = uuidv7()
    const bearer = { kind: 'partner_client', sub: id, client_id: id, tid: uuidv7(), scope: 'users:read' }
    const about = { iss: issuer, aud: 'gatehouse', jti: uuidv7(), iat: now, exp: now + 300 }
    return new SignJWT({ ...bearer, ...about, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
      .sign(privateKey)
  }
  const { port } = server.address() as AddressInfo
  return { issuer, jwksUrl: `http://127.0.0.1:${port}/jwks.json`, issue, state }
}
