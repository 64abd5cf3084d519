import { permissionNames, permissions } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { sweepAccess } from '@gatehouse/testing/access-sweep'
import { sweepInput } from '@gatehouse/testing/input-sweep'
import { sweepMatrix } from '@gatehouse/testing/matrix-sweep'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { harness, inDirectory, origin } from './harness.ts'
import { insertPending } from './second-factors/repository.ts'
import { newTotpSecret } from './second-factors/totp.ts'
import { sealedAbout } from './second-factors/verify-code.ts'
import { startSession } from './sessions/start-session.ts'

const deps = await harness()
const { app, db, as, directory, testIssuer } = deps

sweepAccess(app, testIssuer)

const ofAdmins = permissionNames.filter((name) => permissions[name].grantable === 'tenant')

/** A tenant with two people: an administrator who has an API key, and one who has a session, an API key and a second factor. */
async function world() {
  const [tenantId, admin, member] = [uuidv7(), uuidv7(), uuidv7()]
  const enter = (userId: string, tenantId: string) =>
    directory.register(
      { userId, tenantId, email: `${userId}@people.example`, firstName: 'Ada', lastName: `n${userId}` },
      origin,
    )
  const [authority] = await Promise.all([enter(member, uuidv7()), enter(admin, tenantId)])
  await inDirectory(sql`insert into memberships (tenant_id, user_id) values (${tenantId}, ${member})`)
  const user = { ...authority.user, tenantId }
  await startSession(deps, { ...authority, user }, { method: 'password', amr: ['pwd'] }, origin)
  const headers = await as({ tenantId, subject: member })
  const [session] = (await app.inject({ url: '/api/users/me/sessions', headers })).json().data
  const payload = { name: `n${uuidv7()}`, userId: member }
  const key = (await app.inject({ method: 'POST', url: '/api/api-keys', headers, payload })).json()
  const asAdmin = await as({ tenantId, subject: admin, permissions: ofAdmins })
  const own = { name: `n${uuidv7()}`, userId: admin, scopes: ofAdmins }
  const { key: apiKey } = (
    await app.inject({ method: 'POST', url: '/api/api-keys', headers: asAdmin, payload: own })
  ).json()
  const id = uuidv7()
  const sealedSecret = await deps.seal.seal(sealedAbout(id), newTotpSecret())
  const factor = { id, userId: member, kind: 'totp', sealedSecret } as const
  await inPlatform(db, (tx) => insertPending(tx, factor))
  return {
    tenantId,
    admin,
    member,
    credentials: { key: { 'x-api-key': apiKey } },
    things: {
      '/api/users': member,
      userId: member,
      tenantId,
      '/api/users/me/sessions': session.id,
      sessionId: session.id,
      '/api/api-keys': key.id,
      '/api/users/me/mfa': factor.id,
      provider: 'google',
    },
    secrets: [payload.name, key.key, user.email, user.lastName],
  }
}

await sweepMatrix(app, { service: 'auth', issuer: testIssuer, world })

await sweepInput(app, { service: 'auth', issuer: testIssuer, world })
