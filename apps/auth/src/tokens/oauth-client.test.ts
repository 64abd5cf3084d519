import { tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { claimsOf, harness } from './harness.ts'

const { app, person, asService, testIssuer } = await harness()
const listening = await app.listen({ host: '127.0.0.1', port: 0 })
const issuer = new URL(testIssuer.issuer)
const client: oauth.Client = { client_id: 'directory' }

/** The name resolution that the issuer's host lacks. */
const http = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (url: string, options: object) =>
    fetch(url.replace(issuer.origin, listening), options),
} as const

/** The client's own token, as RFC 7662, section 2.1, lets it be sent. */
const withServiceToken: oauth.ClientAuth = async (_as, _client, _body, headers) => {
  headers.set('authorization', (await asService()).authorization)
}

const discover = async () =>
  oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
  )

const introspect = async (as: oauth.AuthorizationServer, token: string) =>
  oauth.processIntrospectionResponse(
    as,
    client,
    await oauth.introspectionRequest(as, client, withServiceToken, token, http),
  )

test('a client of another house finds every endpoint by itself (RFC 8414)', async () => {
  const as = await discover()
  expect(as.issuer).toBe(testIssuer.issuer)
  for (const endpoint of [as.jwks_uri, as.token_endpoint, as.introspection_endpoint, as.revocation_endpoint])
    expect(endpoint).toMatch(/^http:\/\/issuer\.test\/api\//)
  expect(as.grant_types_supported).toEqual([tokenExchangeGrant])
})

test('a client of another house exchanges a token (RFC 8693), asks about it (RFC 7662) and revokes it (RFC 7009)', async () => {
  const as = await discover()
  const { accessToken, user } = await person()
  const parameters = {
    subject_token: accessToken,
    subject_token_type: tokenTypes.accessToken,
    audience: 'audit',
    scope: 'users:read',
  }
  const answer = await oauth.genericTokenEndpointRequest(
    as,
    client,
    withServiceToken,
    tokenExchangeGrant,
    parameters,
    http,
  )
  const exchanged = await oauth.processGenericTokenEndpointResponse(as, client, answer)
  expect(exchanged.token_type).toBe('bearer')
  expect(exchanged.scope).toBe('users:read')
  expect(claimsOf(exchanged.access_token)).toMatchObject({ sub: user.id, act: { sub: 'directory' } })

  expect(await introspect(as, exchanged.access_token)).toMatchObject({ active: true, sub: user.id })
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, withServiceToken, exchanged.access_token, http),
  )
  expect(await introspect(as, exchanged.access_token)).toMatchObject({ active: false })
})

test('a client of another house understands a refusal', async () => {
  const as = await discover()
  const { accessToken } = await person()
  const ask = async (parameters: Record<string, string>) => {
    const about = {
      subject_token: accessToken,
      subject_token_type: tokenTypes.accessToken,
      audience: 'audit',
    }
    const answer = await oauth.genericTokenEndpointRequest(
      as,
      client,
      withServiceToken,
      tokenExchangeGrant,
      { ...about, ...parameters },
      http,
    )
    return oauth.processGenericTokenEndpointResponse(as, client, answer)
  }
  await expect(ask({ scope: 'platform:write' })).rejects.toMatchObject({
    error: 'invalid_scope',
    status: 400,
  })
  await expect(ask({ subject_token: 'x' })).rejects.toMatchObject({ error: 'invalid_request', status: 400 })
})
