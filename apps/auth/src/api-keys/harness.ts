import type { Permission } from '@gatehouse/contracts/permissions'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { eq, sql } from 'drizzle-orm'
import { harness as authHarness, inDirectory, newcomer } from '../harness.ts'

type Headers = Record<string, string>

/** Auth, with people who have API keys. */
export async function harness() {
  const auth = await authHarness()
  const { app, db, as } = auth

  /** Somebody who has just registered, in a tenant of their own that they administer, and the headers of their token. */
  const person = async () => {
    const answer = await app.inject({ method: 'POST', url: '/api/auth/register', payload: newcomer() })
    const { accessToken, user } = answer.json()
    return {
      id: user.id as string,
      tenantId: user.tenantId as string,
      permissions: user.permissions as Permission[],
      headers: { authorization: `Bearer ${accessToken}` },
    }
  }

  /** Another member of that tenant, in a role of the system, and the headers of a token that says it. */
  const member = async (tenantId: string, role: 'member' | 'auditor' | 'tenant-admin') => {
    const { id } = await person()
    await inDirectory(sql`insert into memberships (tenant_id, user_id) values (${tenantId}, ${id})`)
    await inDirectory(sql`insert into role_assignments (tenant_id, user_id, role_id)
      select ${tenantId}, ${id}, id from roles where name = ${role} and category = 'system'`)
    const authority = await auth.directory.resolve(
      { userId: id, tenantId },
      { correlationId: 'test-0001', sourceIp: undefined, userAgent: undefined, traceparent: undefined },
    )
    const permissions = authority?.permissions ?? []
    return { id, tenantId, permissions, headers: await as({ tenantId, subject: id, permissions }) }
  }

  const create = (headers: Headers, payload: object) =>
    app.inject({ method: 'POST', url: '/api/api-keys', headers, payload: { name: 'ci', ...payload } })
  const reroll = (headers: Headers, id: string, payload: object = {}) =>
    app.inject({ method: 'POST', url: `/api/api-keys/${id}/reroll`, headers, payload })
  const remove = (headers: Headers, id: string) =>
    app.inject({ method: 'DELETE', url: `/api/api-keys/${id}`, headers })
  const list = (headers: Headers, query = '') => app.inject({ url: `/api/api-keys${query}`, headers })

  /** What a service gets for a key. */
  const exchange = async (key: string) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/auth/token',
      headers: await as({ kind: 'service', subject: 'directory', permissions: permissionNames }),
      payload: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: key,
        subject_token_type: 'urn:gatehouse:token-type:api_key',
        audience: 'directory',
      },
    })

  /** What was told of one thing, in its order, without what revokes tokens. */
  const toldOf = async (aggregateId: string) => {
    const rows = await readInPlatform(db, (tx) =>
      tx.select().from(outbox).where(eq(outbox.aggregateId, aggregateId)).orderBy(outbox.position),
    )
    return rows.map(({ subject, payload }) => ({ subject, payload: payload as Record<string, unknown> }))
  }
  const isRevoked = async (id: string) => {
    const rows = await readInPlatform(db, (tx) =>
      tx
        .select()
        .from(outbox)
        .where(eq(outbox.subject, `revocation.auth.api_key.${id}`)),
    )
    return rows.length === 1
  }
  return { ...auth, person, member, create, reroll, remove, list, exchange, toldOf, isRevoked }
}
