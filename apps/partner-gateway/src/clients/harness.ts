import type { Permission } from '@gatehouse/contracts/permissions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { asc } from 'drizzle-orm'
import { harness as gateway } from '../harness.ts'

const managing: Permission[] = ['partner-clients:read', 'partner-clients:write', 'users:read', 'roles:read']

/** The partner gateway, and what an administrator of a tenant does with its clients. */
export async function harness(options: Parameters<typeof gateway>[0] = {}) {
  const deps = await gateway(options)
  const { app, db, as } = deps

  /** Somebody of a tenant who may manage its clients, and holds two scopes that they could give. */
  const administrator = async ({
    tenantId = crypto.randomUUID() as string,
    permissions = managing,
    subject = crypto.randomUUID() as string,
  } = {}) => {
    const authorization = await as({ tenantId, permissions, subject })
    const call = (
      method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
      path: string,
      payload?: object,
      headers: Record<string, string> = {},
    ) =>
      app.inject({
        method,
        url: `/api/partner/clients${path}`,
        headers: { ...authorization, ...headers },
        ...(payload && { payload }),
      })
    const create = async (more: object = {}, headers: Record<string, string> = {}) =>
      call('POST', '', { name: 'Difference Ltd', scopes: ['users:read'], ...more }, headers)
    return { tenantId, subject, call, create }
  }

  const token = async ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) =>
    app.inject({
      method: 'POST',
      url: '/api/partner/oauth/token',
      payload: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    })

  /** Everything that was told in a tenant, in its order. */
  const told = async (tenantId: string) => {
    const messages = await readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(asc(outbox.position)))
    return messages
      .filter((message) => message.tenantId === tenantId)
      .map(({ subject, aggregateVersion, payload }) => ({
        what: subject.split('.').slice(2).join('.'),
        version: aggregateVersion,
        data: (payload as { data?: Record<string, unknown> }).data,
      }))
  }

  return { ...deps, administrator, token, told }
}
