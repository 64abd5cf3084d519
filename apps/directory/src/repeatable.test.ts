import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { app, as, enter, emitted } = await harness()

const everything: readonly Permission[] = permissionNames.filter(
  (name) => catalogue[name].grantable !== 'service',
)
const { person } = await enter()
const inTenant = await as({ tenantId: person.tenantId, subject: person.userId, permissions: everything })
const inPlatform = await as({ tenantId: platformTenantId, permissions: everything })

const name = () => `x${crypto.randomUUID().slice(0, 8)}`

test.each([
  ['a role', '/api/roles', inTenant, () => ({ name: name(), displayName: 'Support' })],
  ['a tenant', '/api/tenants', inPlatform, () => ({ name: name(), type: 'customer', country: 'DE' })],
  [
    'an invite',
    `/api/tenants/${person.tenantId}/invites`,
    inTenant,
    () => ({ email: `${name()}@navy.example` }),
  ],
])(
  '%s that is asked for ten times with one Idempotency-Key is made once, and answered the same each time',
  async (_, url, headers, make) => {
    const body = make()
    const ask = (payload: object, key: string) =>
      app.inject({ method: 'POST', url, headers: { ...headers, 'idempotency-key': key }, payload })
    const key = crypto.randomUUID()
    const before = (await emitted()).length
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(body, key)))
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1)
    expect(answers[0]?.statusCode).toBe(201)
    expect(await emitted()).toHaveLength(before + 1)

    const other = await ask(make(), key)
    expect(other.statusCode).toBe(422)
    expect(other.json()).toMatchObject({ code: 'request.idempotency_key_reused' })
    expect((await ask(make(), crypto.randomUUID())).statusCode).toBe(201)
  },
)
