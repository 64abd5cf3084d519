import { permissionNames } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepInput } from '@gatehouse/testing/input-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { harness } from './harness.ts'
import { insertMember } from './people/repository.ts'

const { app, db, as, issuer, enter } = await harness()

sweepAccess(app, issuer)

/** A tenant with two people, a role and an invite. */
async function world() {
  const someone = async () => (await enter({ lastName: `n${crypto.randomUUID()}` })).person
  const [admin, member] = await Promise.all([someone(), someone()])
  const { tenantId } = admin
  await inPlatform(db, (tx) => insertMember(tx, { tenantId, userId: member.userId, systemRole: 'member' }))
  const headers = await as({ tenantId, subject: admin.userId, permissions: permissionNames })
  const made = async (url: string, payload: object) =>
    (await app.inject({ method: 'POST', url: `/api${url}`, headers, payload })).json()
  const role = await made('/roles', { name: `n${crypto.randomUUID()}`, displayName: 'Helpers' })
  const invite = await made(`/tenants/${tenantId}/invites`, { email: `${crypto.randomUUID()}@navy.example` })
  return {
    tenantId,
    admin: admin.userId,
    member: member.userId,
    things: {
      '/api/users': member.userId,
      userId: member.userId,
      '/api/roles': role.id,
      '/api/tenants': tenantId,
      '/api/users/me/tenants': tenantId,
      tenantId,
      inviteId: invite.id,
      token: 'gate_inv_of-nobody',
      // Whoever knows the id of one may follow it, so there is none that belongs to anybody.
      '/api/erasure-requests': crypto.randomUUID(),
    },
    secrets: [admin.email, admin.lastName, member.email, member.lastName, role.name, invite.email],
  }
}

await sweepMatrix(app, { service: 'directory', issuer, world })

await sweepInput(app, { service: 'directory', issuer, world })
