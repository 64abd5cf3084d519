import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { ExamineApiKey, LiveApiKey } from '../api-key.ts'
import type { Directory, Standing } from '../directory.ts'
import { revocationsUnknown } from '../errors.ts'
import type { ExaminePartner } from '../partner-gateway.ts'
import { actorsOf } from './actors.ts'
import type { AccessToken, ReadAccessToken } from './read-access-token.ts'
import * as repository from './repository.ts'

export interface ExaminationDeps {
  readonly db: Database
  readonly directory: Directory
  readonly readAccessToken: ReadAccessToken
  readonly examineApiKey: ExamineApiKey
  /** What the revocation feed has told. `issuedAt` is in milliseconds since 1970. */
  readonly isRevoked: (principal: Principal, issuedAt: number) => boolean
  /** Whether that is all there is to be told. */
  readonly isFresh?: (() => boolean) | undefined
  /** Asked about partners' tokens while it isn't; without it, nothing is said of them then. */
  readonly examinePartner?: ExaminePartner | undefined
}

/** The name under which auth issues tokens to itself, for which it needs no account. */
const ownName = 'auth'

/**
 * An access token that is good now: what it stands on (session, key or account, person, tenant) is there and live,
 * and permits today all that the token says. Waits for the database and the directory side by side.
 */
export async function examineAccessToken(
  deps: ExaminationDeps,
  text: string,
  origin: Origin,
): Promise<AccessToken | undefined> {
  const token = await deps.readAccessToken(text)
  if (!token || deps.isRevoked(principalOf(token), token.issuedAt * 1_000)) return undefined
  return (await standsOn[token.kind](deps, token, origin)) ? token : undefined
}

type Check = (deps: ExaminationDeps, token: AccessToken, origin: Origin) => Promise<boolean> | boolean

const standsOn: Readonly<Record<AccessToken['kind'], Check>> = {
  async user(deps, { subject: userId, tenantId, sessionId, permissions }, origin) {
    if (sessionId === undefined) return false
    const session = { id: sessionId, userId, tenantId }
    const [isLive, permitted] = await Promise.all([
      readInPlatform(deps.db, (tx) => repository.sessionIsLive(tx, session)),
      permittedNow(deps.directory, { userId, tenantId }, origin),
    ])
    return isLive && covers(permitted, permissions)
  },

  async api_key(deps, { subject: id, tenantId, ownerId: userId, permissions }, origin) {
    if (userId === undefined) return false
    const [isLive, permitted] = await Promise.all([
      readInPlatform(deps.db, (tx) => repository.apiKeyIsLive(tx, { id, userId, tenantId })),
      permittedNow(deps.directory, { userId, tenantId }, origin),
    ])
    return isLive && covers(permitted, permissions)
  },

  async service({ db }, { subject, permissions }) {
    if (subject === ownName) return true
    return covers(await readInPlatform(db, (tx) => repository.servicePermissions(tx, subject)), permissions)
  },

  // Its account is the partner gateway's, which tells through the revocation feed when it ends, and else when it is asked.
  partner_client({ isFresh = () => true, examinePartner }, { subject, tenantId, sessionId = '' }, origin) {
    if (isFresh()) return true
    if (!examinePartner) throw revocationsUnknown({ headers: { 'retry-after': '1' } })
    return examinePartner({ clientId: subject, tenantId, sessionId }, origin)
  },
}

/** An API key that is good now, with what is left of its scopes: never more than its owner may do today. */
export async function examineApiKey(
  { examineApiKey, directory }: ExaminationDeps,
  text: string,
  origin: Origin,
): Promise<(LiveApiKey & Pick<Standing, 'asOf'>) | undefined> {
  const key = await examineApiKey(text)
  if (!key) return undefined
  const authority = await activeAuthority(directory, key, origin)
  if (!authority || (authority.tenant.mfaRequired && !key.ownerHasSecondFactor)) return undefined
  const { permissions: permitted, asOf } = authority
  return { ...key, asOf, scopes: key.scopes.filter((scope) => permitted.includes(scope)) }
}

/** What a person may do now; undefined where they or their tenant are not active, and for nobody. */
export async function permittedNow(
  directory: Directory,
  { userId, tenantId }: { userId: string; tenantId: string },
  origin: Origin,
): Promise<readonly Permission[] | undefined> {
  return (await activeAuthority(directory, { userId, tenantId }, origin))?.permissions
}

async function activeAuthority(
  directory: Directory,
  { userId, tenantId }: { userId: string; tenantId: string },
  origin: Origin,
): Promise<Standing | undefined> {
  const authority = await directory.resolve({ userId, tenantId }, origin)
  const isActive = authority?.user.status === 'active' && authority.tenant.status === 'active'
  return isActive ? authority : undefined
}

const covers = (permitted: readonly Permission[] | undefined, asked: readonly Permission[]) =>
  permitted !== undefined && asked.every((permission) => permitted.includes(permission))

const principalOf = ({
  kind,
  subject,
  tenantId,
  sessionId,
  permissions,
  ...token
}: AccessToken): Principal => ({
  kind,
  id: subject,
  tenantId,
  sessionId,
  permissions: new Set(permissions),
  ownerId: token.ownerId,
  actors: actorsOf(token.actor),
})
