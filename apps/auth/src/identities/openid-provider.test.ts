import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testIssuerUrl } from '@gatehouse/testing/tokens'
import { exportJWK, generateKeyPair } from 'jose'
import { type InteractionResults, Provider } from 'oidc-provider'
import { expect, test } from 'vitest'
import { clients, newEmail, socialHarness, type TokensAnswer } from './harness.ts'

/** A certified OpenID provider, strict about PKCE, codes and clients, at which everybody does what `answer` says. */
async function certifiedProvider(email: string, answer: () => InteractionResults) {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(url, {
    clients: [
      {
        client_id: clients.GOOGLE_CLIENT_ID,
        client_secret: clients.GOOGLE_CLIENT_SECRET,
        redirect_uris: [`${testIssuerUrl}/api/auth/oauth/google/callback`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomUUID()] },
    pkce: { required: () => true },
    ttl: { Interaction: 60, Session: 60, Grant: 60, AccessToken: 60, IdToken: 60 },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/asked' },
    findAccount: (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, email, email_verified: true, name: 'Ada Lovelace' }),
    }),
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        ...(oidc.client && { clientId: oidc.client.clientId }),
        ...(oidc.session?.accountId !== undefined && { accountId: oidc.session.accountId }),
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()
  server.on('request', (request, response) => {
    if (request.url === '/asked') void provider.interactionFinished(request, response, answer())
    else void handle(request, response)
  })
  return url
}

test('a certified OpenID provider signs people in, and is content with how it is asked', async () => {
  const email = newEmail()
  const GOOGLE_ISSUER = await certifiedProvider(email, () => ({ login: { accountId: 'ada' } }))
  const { openBrowser } = await socialHarness({ settings: { GOOGLE_ISSUER } })
  const first = await openBrowser().signInBy('google')
  expect(first.status).toBe(200)
  const { user } = (await first.json()) as TokensAnswer
  expect(user).toMatchObject({ email, emailVerified: true })
  const again = (await (await openBrowser().signInBy('google')).json()) as TokensAnswer
  expect(again.user.id).toBe(user.id)
})

test('who says no at a certified OpenID provider is told so, and not signed in', async () => {
  const denial = { error: 'access_denied', error_description: 'End-User aborted interaction' }
  const GOOGLE_ISSUER = await certifiedProvider(newEmail(), () => denial)
  const { openBrowser, allSessions } = await socialHarness({ settings: { GOOGLE_ISSUER } })
  const answer = await openBrowser().signInBy('google')
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({ code: 'social_login.denied' })
  expect(await allSessions()).toEqual([])
})
