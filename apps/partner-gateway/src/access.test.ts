import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { partnerApi } from '@gatehouse/contracts/services'
import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepInput } from '@gatehouse/testing/input-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { fastify } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { afterAll } from 'vitest'
import { harness } from './harness.ts'

/** What is behind the door, and says the same to everybody who gets there. */
const behind = fastify()
behind.all('/*', async () => ({}))
const url = await behind.listen({ host: '127.0.0.1', port: 0 })
afterAll(() => behind.close())

const { app, as, issuer, partner } = await harness({
  services: { auth: url, directory: url, audit: url },
  narrow: async () => ({ token: 'narrow', expiresInSeconds: 300 }),
})

sweepAccess(app, issuer)

/** What the entrances of the partner API are about is of the services behind: tokens of ours come no further than here. */
const behindTheDoor = Object.fromEntries(
  partnerApi.flatMap(({ entrance: { url } }) =>
    [...url.matchAll(/\/:/g)].map(({ index }) => [url.slice(0, index), uuidv7()]),
  ),
)

/** A tenant with a partner's client that has two secrets, and another one that calls. */
async function world() {
  const [tenantId, admin, member] = [uuidv7(), uuidv7(), uuidv7()]
  const name = `n${uuidv7()}`
  const headers = await as({ tenantId, subject: admin, permissions: permissionNames })
  const create = async (path: string, payload: object) =>
    (await app.inject({ method: 'POST', url: `/api/partner/clients${path}`, headers, payload })).json()
  const { id, clientId } = await create('', { name, scopes: ['users:read'] })
  const { id: secretId } = await create(`/${id}/secrets`, {})
  const { headers: asPartner } = await partner({ tenantId, scopes: [...partnerScopes] })
  return {
    tenantId,
    admin,
    member,
    credentials: { partner: asPartner },
    things: { ...behindTheDoor, '/api/partner/clients': id, tenantId, clientId, secretId },
    secrets: [name],
  }
}

await sweepMatrix(app, { service: 'partner-gateway', issuer, world })

await sweepInput(app, { service: 'partner-gateway', issuer, world })
