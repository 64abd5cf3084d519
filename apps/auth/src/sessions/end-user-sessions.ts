import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, inTenant, type Tx } from '@gatehouse/db/tenant'
import type { Directory } from '../directory.ts'
import { sessionNotFound, userNotFound } from '../errors.ts'
import { endSessions } from './end-sessions.ts'

interface AdministrationDeps {
  readonly db: Database
  readonly directory: Directory
}

/** Which tenant a caller is confined to; undefined for a platform's administrator, who may look past their own. */
export const confinedTo = (
  { permissions, tenantId }: Principal,
  toSeePast: 'platform:read' | 'platform:write',
) => (permissions.has(toSeePast) ? undefined : tenantId)

/**
 * Sees to it that there is such a person where the caller may look.
 * @throws userNotFound
 */
export async function requirePerson(
  directory: Directory,
  userId: string,
  tenantId: string | undefined,
  origin: Origin,
) {
  const sought = { userId, ...(tenantId !== undefined && { tenantId }) }
  if (!(await directory.resolve(sought, origin))) throw userNotFound()
}

/**
 * Signs a person out of the caller's tenant on all of their devices; a platform's administrator, out of every tenant.
 * @throws userNotFound
 */
export async function endUserSessions(
  { db, directory }: AdministrationDeps,
  principal: Principal,
  userId: string,
  origin: Origin,
) {
  const tenantId = confinedTo(principal, 'platform:write')
  await requirePerson(directory, userId, tenantId, origin)
  await within(db, tenantId, (tx) => endSessions(tx, { userId, ...only(tenantId) }, by(principal, origin)))
}

/**
 * Signs out one of a person's devices.
 * @throws sessionNotFound, also for one in another tenant, or that has ended
 */
export async function endUserSession(
  db: Database,
  principal: Principal,
  { userId, sessionId }: { userId: string; sessionId: string },
  origin: Origin,
) {
  const tenantId = confinedTo(principal, 'platform:write')
  const which = { userId, sessionId, ...only(tenantId) }
  const ended = await within(db, tenantId, (tx) => endSessions(tx, which, by(principal, origin)))
  if (ended === 0) throw sessionNotFound()
}

const within = <T>(db: Database, tenantId: string | undefined, work: (tx: Tx) => Promise<T>) =>
  tenantId === undefined ? inPlatform(db, work) : inTenant(db, tenantId, work)

const only = (tenantId: string | undefined) => (tenantId === undefined ? {} : { tenantId })

const by = (actor: Principal, origin: Origin) =>
  ({ reason: 'ended_by_administrator', actor, origin }) as const
