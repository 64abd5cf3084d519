import { permissionNames } from '@gatehouse/contracts/permissions'
import { partnerApi } from '@gatehouse/contracts/services'
import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepInput } from '@gatehouse/testing/input-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { v7 as uuidv7 } from 'uuid'
import { harness } from './harness.ts'

const { app, as, issuer } = await harness()

sweepAccess(app, issuer)

/** What the entrances of the partner API are about is of the services behind: tokens of ours come no further than here. */
const behindTheDoor = Object.fromEntries(
  partnerApi.flatMap(({ entrance: { url } }) =>
    [...url.matchAll(/\/:/g)].map(({ index }) => [url.slice(0, index), uuidv7()]),
  ),
)

/** A tenant with a partner's client that has two secrets. */
async function world() {
  const [tenantId, admin, member] = [uuidv7(), uuidv7(), uuidv7()]
  const name = `n${uuidv7()}`
  const headers = await as({ tenantId, subject: admin, permissions: permissionNames })
  const create = async (path: string, payload: object) =>
    (await app.inject({ method: 'POST', url: `/api/partner/clients${path}`, headers, payload })).json()
  const { id, clientId } = await create('', { name, scopes: ['users:read'] })
  const { id: secretId } = await create(`/${id}/secrets`, {})
  return {
    tenantId,
    admin,
    member,
    things: { ...behindTheDoor, '/api/partner/clients': id, tenantId, clientId, secretId },
    secrets: [name],
  }
}

await sweepMatrix(app, { service: 'partner-gateway', issuer, world })

await sweepInput(app, { service: 'partner-gateway', issuer, world })
