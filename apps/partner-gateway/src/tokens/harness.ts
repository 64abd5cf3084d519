import type { Permission } from '@gatehouse/contracts/permissions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { decodeJwt } from 'jose'
import { harness as gateway } from '../harness.ts'

interface Named {
  readonly id: string
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
}

type Replica = Awaited<ReturnType<typeof gateway>>['app']

/** The partner gateway, and what a partner's client does with it. */
export async function harness(options: Parameters<typeof gateway>[0] = {}) {
  const deps = await gateway(options)
  const { app, db, as } = deps
  const permissions: Permission[] = ['partner-clients:write', 'users:read', 'roles:read', 'audit:read']

  const newClient = async (
    more: object = {},
    tenantId: string = crypto.randomUUID(),
  ): Promise<Named & { headers: { authorization: string } }> => {
    const headers = await as({ tenantId, permissions })
    const payload = { name: 'Difference Ltd', scopes: ['users:read', 'roles:read'], ...more }
    const created = await app.inject({ method: 'POST', url: '/api/partner/clients', headers, payload })
    return { ...created.json(), headers }
  }

  const post = (
    path: string,
    form: string | Record<string, string>,
    headers: Record<string, string> = {},
    { server = app, remoteAddress = '192.0.2.1' }: { server?: Replica; remoteAddress?: string } = {},
  ) =>
    server.inject({
      method: 'POST',
      url: `/api/partner/oauth/${path}`,
      remoteAddress,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    })

  const inBody = ({ clientId, clientSecret }: Pick<Named, 'clientId' | 'clientSecret'>) => ({
    client_id: clientId,
    client_secret: clientSecret,
  })

  /** Asks for a token, with the client's credentials in the body. */
  const ask = (
    client: Pick<Named, 'clientId' | 'clientSecret'>,
    more: Record<string, string> = {},
    options: Parameters<typeof post>[3] = {},
  ) => post('token', { grant_type: 'client_credentials', ...inBody(client), ...more }, {}, options)

  const claimsOf = (text: string) =>
    decodeJwt<{ jti: string; scope: string; tid: string; sid: string; kind: string }>(text)

  /** What was told of a client's tokens, in its order. */
  const told = async (tenantId: string) => {
    const events = await readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
    return events
      .filter((event) => event.tenantId === tenantId)
      .map(({ payload }) => payload as { type: string; actorid: string; data: Record<string, unknown> })
      .filter(({ type }) => type?.startsWith('partner_token.'))
  }

  return { ...deps, newClient, post, inBody, ask, claimsOf, told }
}

export const basic = (name: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`,
})
