import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { v7 as uuidv7 } from 'uuid'
import { harness, received } from './harness.ts'

const { app, record, issuer } = await harness()

sweepAccess(app, issuer)

/** A tenant in which something has happened. */
async function world() {
  const [tenantId, admin, member] = [uuidv7(), uuidv7(), uuidv7()]
  const name = `n${uuidv7()}`
  const correlationId = uuidv7()
  const event = received(
    'tenant.created',
    tenantId,
    { name, type: 'customer', country: 'GB' },
    { correlationId },
  )
  await record(event)
  const { id, actorid: actorId, subject } = event.envelope
  const resourceId = subject.slice('tenant/'.length)
  return {
    tenantId,
    admin,
    member,
    things: { '/api/audit-logs': id, tenantId, actorId, resourceId, correlationId },
    secrets: [name],
  }
}

await sweepMatrix(app, { service: 'audit', issuer, world })
