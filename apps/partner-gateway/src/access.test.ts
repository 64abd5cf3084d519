import { permissionNames } from '@gatehouse/contracts/permissions'
import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { v7 as uuidv7 } from 'uuid'
import { harness } from './harness.ts'

const { app, as, issuer } = await harness()

sweepAccess(app, issuer)

/** A tenant with a partner's client. */
async function world() {
  const [tenantId, admin, member] = [uuidv7(), uuidv7(), uuidv7()]
  const name = `n${uuidv7()}`
  const answer = await app.inject({
    method: 'POST',
    url: '/api/partner/clients',
    headers: await as({ tenantId, subject: admin, permissions: permissionNames }),
    payload: { name, scopes: ['users:read'] },
  })
  const { id, clientId } = answer.json()
  return { tenantId, admin, member, things: { '/api/partner/clients': id, clientId }, secrets: [name] }
}

await sweepMatrix(app, { service: 'partner-gateway', issuer, world })
