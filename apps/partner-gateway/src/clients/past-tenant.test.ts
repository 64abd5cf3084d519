import type { Permission } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const gone = crypto.randomUUID()
const { administrator, told } = await harness({ isTenantThere: async (id) => id !== gone })
const managing: Permission[] = ['partner-clients:read', 'partner-clients:write', 'users:read']
const operator = await administrator({
  tenantId: platformTenantId,
  permissions: [...managing, 'platform:read', 'platform:write'],
})

const routes = [
  ['GET', ''],
  ['POST', '', { name: 'Difference Ltd', scopes: ['users:read'] }],
  ['GET', '/:id'],
  ['PATCH', '/:id', { name: 'Difference & Co' }],
  ['GET', '/:id/usage'],
  ['GET', '/:id/secrets'],
  ['POST', '/:id/secrets', {}],
  ['PATCH', '/:id/secrets/:secretId', { expiresAt: '2126-01-01T00:00:00Z' }],
  ['DELETE', '/:id/secrets/:secretId'],
  ['POST', '/:id/revoke', {}],
  ['DELETE', '/:id'],
] as const

/** A tenant with a client of two secrets, and what asks about it. */
async function tenant() {
  const { tenantId, call, create } = await administrator()
  const { id } = (await create()).json()
  const { id: secretId } = (await call('POST', `/${id}/secrets`, {})).json()
  const pathOf = (path: string) => path.replace(':id', id).replace(':secretId', secretId)
  return { tenantId, id, pathOf }
}

test.each(routes)(
  'an administrator of the platform reaches %s /api/partner/clients%s of a tenant, and its log says so',
  async (method, path, payload?: object) => {
    const { tenantId, pathOf } = await tenant()
    const before = (await told(tenantId)).length
    // One secret leaves room for another.
    if (method === 'POST' && path.endsWith('/secrets'))
      await operator.call('DELETE', `${pathOf('/:id/secrets/:secretId')}?tenantId=${tenantId}`)
    const answer = await operator.call(method, `${pathOf(path)}?tenantId=${tenantId}`, payload)
    expect(answer.statusCode).toBeLessThan(300)
    const news = (await told(tenantId)).slice(before)
    if (method === 'GET')
      expect(news).toMatchObject([
        { what: 'platform_access.read', data: { method, path: `/api/partner/clients${pathOf(path)}` } },
      ])
    const events = news.filter(({ what }) => what.startsWith('oauth_client.'))
    expect(events.length > 0).toBe(method !== 'GET')
    for (const { data } of events) expect(data).toMatchObject({ actorTenantId: platformTenantId })
  },
)

test.each(routes)(
  'to nobody else there is %s /api/partner/clients%s of another tenant',
  async (method, path, payload?: object) => {
    const { tenantId, pathOf } = await tenant()
    const before = (await told(tenantId)).length
    const other = await administrator()
    const half = await administrator({
      permissions: [...managing, method === 'GET' ? 'platform:write' : 'platform:read'],
    })
    for (const { call } of [other, half]) {
      const answer = await call(method, `${pathOf(path)}?tenantId=${tenantId}`, payload)
      expect(answer.json()).toMatchObject({ status: 404, code: 'tenant.not_found' })
    }
    const nowhere = await operator.call(method, `${pathOf(path)}?tenantId=${gone}`, payload)
    expect(nowhere.json()).toMatchObject({ status: 404, code: 'tenant.not_found' })
    expect(await told(tenantId)).toHaveLength(before)
    expect(await told(gone)).toEqual([])
  },
)
