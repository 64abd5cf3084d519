import { permissionNames } from '@gatehouse/contracts/permissions'
import { type PrincipalKind, platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'

const { app, as, asSuperuser } = await harness()

const billing = (tenantId = platformTenantId) =>
  as({ kind: 'service', subject: 'billing', tenantId, permissions: ['audit:write'] })
const write = async (payload: object, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/api/audit-logs',
    headers: { ...(await billing()), ...headers },
    payload,
  })
const paid = (given: object = {}) => ({
  actorId: uuidv7(),
  actorType: 'user',
  action: 'invoice.paid',
  resource: 'invoice',
  tenantId: uuidv7(),
  ...given,
})

test('a service writes an entry, which is at once in the log and in the ledger, as it was sent', async () => {
  const input = paid({
    resourceId: 'inv-7',
    correlationId: 'checkout-0001',
    previousState: { status: 'open', lines: [{ net: 0.1, vat: 1e-7 }], note: 'ﬁ\u0301 \u202e end' },
    newState: { status: 'paid' },
    metadata: { '': null, ünïcode: [true, {}] },
    description: 'Paid by card.\nTwice.',
  })
  const answer = await write(input)
  expect(answer.statusCode).toBe(201)
  const entry = answer.json()
  expect(entry).toMatchObject({ ...input, service: 'billing', leafIndex: 0, sourceIp: null, erased: false })
  const reader = await as({ tenantId: entry.tenantId, permissions: ['audit:read'] })
  const read = await app.inject({ url: `/api/audit-logs/${entry.id}`, headers: reader })
  expect(read.json()).toMatchObject(entry)
  expect((await write(paid({ tenantId: entry.tenantId }))).json()).toMatchObject({ leafIndex: 1 })
})

test('the same Idempotency-Key writes one entry, also of 20 at once; with another body it is refused', async () => {
  const [input, key] = [paid({ metadata: { canary: 'personal' } }), { 'idempotency-key': uuidv7() }]
  // Whoever waits too long for the first of them, on a busy machine, is told to come again.
  const writeInTheEnd = async () => {
    for (;;) {
      const answer = await write(input, key)
      if (answer.statusCode !== 503) return answer
    }
  }
  const answers = await Promise.all(Array.from({ length: 20 }, writeInTheEnd))
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  expect(answers[0]?.statusCode).toBe(201)
  expect((await write({ ...input, action: 'invoice.sent' }, key)).statusCode).toBe(422)
  const [found] = await asSuperuser(
    `select count(*)::int as n from entries where tenant_id = '${input.tenantId}'`,
  )
  expect(found).toEqual({ n: 1 })
  expect(await asSuperuser(`select * from idempotency_keys k where k::text like '%personal%'`)).toEqual([])
})

test.each<[PrincipalKind]>([['user'], ['api_key'], ['partner_client']])(
  'V2: a %s writes nothing, whatever permissions its token claims',
  async (kind) => {
    expect((await write(paid(), await as({ kind, permissions: permissionNames }))).statusCode).toBe(403)
  },
)

test.each([
  ['another service', { actorType: 'service', actorId: 'auth' }],
  ['the system of another service', { actorType: 'system', actorId: 'auth' }],
  ['what another service tells of by events', { action: 'session.started', resource: 'session' }],
])('V2: a stolen token of a service cannot write as %s', async (_, claim) => {
  const answer = await write(paid(claim))
  expect(answer.json()).toMatchObject({ status: 403, code: 'audit_log.not_yours_to_write' })
})

test('V2: a service of one tenant writes into no other; without a tenant it writes into its own', async () => {
  const [own, other] = [uuidv7(), uuidv7()]
  const { tenantId: _, ...anywhere } = paid()
  expect((await write({ ...anywhere, tenantId: other }, await billing(own))).statusCode).toBe(403)
  expect((await write(anywhere, await billing(own))).json()).toMatchObject({ tenantId: own })
})

const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) })

test.each([
  ['a field that is none', { leafIndex: 7 }],
  ['its own name for a service', { service: 'auth' }],
  ['six levels', { metadata: nested(6) }],
  ['more than 16 KiB of one state', { newState: { a: 'x'.repeat(16_400) } }],
  ['a tenant that is no id', { tenantId: "' or 1=1" }],
  ['an action of 201 characters', { action: 'x'.repeat(201) }],
  ['a NUL', { actorId: 'a\0b' }],
  ['an actor of no kind', { actorType: 'root' }],
])('an entry with %s is refused', async (_, given) => {
  expect((await write(paid(given))).statusCode).toBe(400)
})

test('D3: secrets that a service sends by mistake are not kept', async () => {
  const answer = await write(
    paid({ metadata: { password: 'hunter2', card: { pin: '1234', last4: '4242' } } }),
  )
  expect(answer.json().metadata).toEqual({
    password: '[redacted]',
    card: { pin: '[redacted]', last4: '4242' },
  })
  const { id, tenantId } = answer.json()
  const reader = await as({ tenantId, permissions: ['audit:read'] })
  const read = await app.inject({ url: `/api/audit-logs/${id}`, headers: reader })
  expect(read.json().sent).toBeNull()
  expect(read.body).not.toContain('hunter2')
})
