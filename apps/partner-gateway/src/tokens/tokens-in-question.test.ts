import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const suspended = new Set<string>()
const partner = await harness({ isTenantActive: async (tenantId) => !suspended.has(tenantId) })
const { db, newClient, ask, post, inBody, claimsOf, told, revoked } = partner

async function clientWithToken() {
  const client = await newClient()
  const { access_token: token } = (await ask(client)).json()
  const about = async (action: 'introspect' | 'revoke', text: string = token) =>
    post(action, { token: text, ...inBody(client) })
  const isActive = async (text = token) => (await about('introspect', text)).json().active
  return { client, token, about, isActive }
}

test('a client is told of its own token what it says, and of anything else only that it is not good', async () => {
  const { client, token, about, isActive } = await clientWithToken()
  const answer = await about('introspect')
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' })
  expect(answer.json()).toMatchObject({
    active: true,
    token_type: 'Bearer',
    sub: client.id,
    client_id: client.clientId,
    iss: 'http://issuer.test/api/partner',
    aud: 'partner-gateway',
    scope: 'users:read roles:read',
  })
  const { token: theirs } = await clientWithToken()
  const [head, body, signature = ''] = token.split('.')
  const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  for (const text of [theirs, forged, 'x', `${head}.${body}.`, client.clientSecret])
    expect((await about('introspect', text)).json()).toEqual({ active: false })
  expect(await isActive()).toBe(true)
})

test.each<[string, (of: { client: { id: string; tenantId: string }; sid: string }) => void]>([
  ['its client was revoked', ({ client }) => revoked.add(client.id)],
  ['it was revoked itself', ({ sid }) => revoked.add(sid)],
  ['its tenant was suspended', ({ client }) => suspended.add(client.tenantId)],
])('a token is not good any more once %s', async (_, end) => {
  const { client, token, about } = await clientWithToken()
  end({ client, sid: claimsOf(token).sid })
  const answer = await about('introspect')
  expect(answer.statusCode === 401 || answer.json().active === false).toBe(true)
})

test('a client gives its token up by itself, and no other one with it; twice is no fault', async () => {
  const { client, token, about } = await clientWithToken()
  for (let time = 0; time < 2; time += 1) {
    const answer = await about('revoke')
    expect(answer.statusCode).toBe(200)
    expect(answer.body).toBe('')
  }
  const messages = await readInPlatform(db, (tx) => tx.select().from(outbox))
  const subjects = messages.map(({ subject }) => subject)
  expect(subjects).toContain(`revocation.partner-gateway.partner_token.${claimsOf(token).jti}`)
  expect(subjects).not.toContain(`revocation.partner-gateway.client.${client.id}`)
  const revocations = (await told(client.tenantId)).filter(({ type }) => type === 'partner_token.revoked')
  expect(revocations).toHaveLength(1)
})

test("nobody gives up another client's token; what is no token is a 200", async () => {
  const { about } = await clientWithToken()
  const { token: theirs } = await clientWithToken()
  const refused = await about('revoke', theirs)
  expect(refused.statusCode).toBe(400)
  expect(refused.json()).toMatchObject({ error: 'unauthorized_client' })
  expect((await about('revoke', 'x')).statusCode).toBe(200)
})

test.each(['introspect', 'revoke'])(
  '%s asks for the credentials of a client, and for them alone',
  async (action) => {
    const { client, token } = await clientWithToken()
    const wrong = { ...client, clientSecret: 'wrong' }
    expect((await post(action, { token, ...inBody(wrong) })).json()).toMatchObject({
      error: 'invalid_client',
    })
    expect((await post(action, { token })).statusCode).toBe(401)
    expect((await post(`${action}?token=${token}`, inBody(client))).statusCode).toBe(400)

    const bound = await newClient({ allowedIps: ['198.51.100.0/24'] })
    const elsewhere = await post(action, { token, ...inBody(bound) })
    expect(elsewhere.json()).toMatchObject({ error: 'unauthorized_client' })
  },
)
