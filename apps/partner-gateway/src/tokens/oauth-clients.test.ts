import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { app, newClient, claimsOf } = await harness()
const listening = await app.listen({ host: '127.0.0.1', port: 0 })
const issuer = new URL('http://issuer.test/api/partner')

/** The name resolution that the issuer's host lacks. */
const resolved = (url: string, options: object) => fetch(url.replace(issuer.origin, listening), options)
const http = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: resolved } as const

const discover = async () =>
  oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }),
  )

test.each([
  ['HTTP Basic', oauth.ClientSecretBasic],
  ['the body', oauth.ClientSecretPost],
])(
  'oauth4webapi finds the endpoints by itself, and with its secret in %s gets a token, asks about it and revokes it',
  async (_, authenticate) => {
    const as = await discover()
    const { id, clientId, clientSecret } = await newClient()
    const client: oauth.Client = { client_id: clientId }
    const auth = authenticate(clientSecret)

    const granted = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'users:read' }, http),
    )
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'users:read' })
    const { access_token: token } = granted
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, auth, token, http),
      )
    expect(await introspect()).toMatchObject({
      active: true,
      sub: id,
      client_id: clientId,
      scope: 'users:read',
    })
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, http))
  },
)

test('oauth4webapi validates the token as RFC 9068 says, by the keys that it finds', async () => {
  const as = await discover()
  const { clientId, clientSecret } = await newClient()
  const answer = await oauth.clientCredentialsGrantRequest(
    as,
    { client_id: clientId },
    oauth.ClientSecretBasic(clientSecret),
    {},
    http,
  )
  const { access_token } = await oauth.processClientCredentialsResponse(as, { client_id: clientId }, answer)
  const request = new Request('http://partner.test', { headers: { authorization: `Bearer ${access_token}` } })
  const claims = await oauth.validateJwtAccessToken(as, request, 'partner-gateway', http)
  expect(claims).toMatchObject({ client_id: clientId, scope: 'users:read roles:read' })
})

test('oauth4webapi understands the refusals', async () => {
  const as = await discover()
  const { clientId, clientSecret } = await newClient()
  const ask = async (secret: string, scope: string) => {
    const client = { client_id: clientId }
    const auth = oauth.ClientSecretBasic(secret)
    const answer = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope }, http)
    return oauth.processClientCredentialsResponse(as, client, answer)
  }
  await expect(ask(clientSecret, 'users:write')).rejects.toMatchObject({
    error: 'invalid_scope',
    status: 400,
  })
  // A 401 comes with a challenge, which is what this client reports.
  await expect(ask('wrong', 'users:read')).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: 'basic', parameters: { realm: 'gatehouse' } }],
  })
})

test('openid-client works as it comes', async () => {
  const { id, clientId, clientSecret, tenantId } = await newClient()
  const config = await openid.discovery(issuer, clientId, clientSecret, undefined, {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: resolved,
  })
  const granted = await openid.clientCredentialsGrant(config, { scope: 'roles:read' })
  expect(granted).toMatchObject({ token_type: 'bearer', scope: 'roles:read' })
  expect(granted.expiresIn()).toBeGreaterThan(590)
  expect(claimsOf(granted.access_token)).toMatchObject({ sub: id, tid: tenantId })
  expect(await openid.tokenIntrospection(config, granted.access_token)).toMatchObject({ active: true })
  await openid.tokenRevocation(config, granted.access_token)
  await expect(openid.clientCredentialsGrant(config, { scope: 'nothing' })).rejects.toMatchObject({
    error: 'invalid_scope',
  })
})
