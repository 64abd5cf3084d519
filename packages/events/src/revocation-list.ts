import { type Principal, partsOfPartnerSession } from '@gatehouse/contracts/principal'
import { revocationLifeMs } from './streams.ts'

/** What can be revoked, and the one service whose word counts on it. */
export const revokers = {
  session: 'auth',
  api_key: 'auth',
  user: 'directory',
  tenant: 'directory',
  client: 'partner-gateway',
  client_secret: 'partner-gateway',
  partner_token: 'partner-gateway',
} as const

export type RevocationKind = keyof typeof revokers

/** Which access tokens are to be refused. It holds what is younger than an access token can be, and no more. */
export interface RevocationList {
  /** Takes up a message of the stream, as its subject and the time at which it was kept say it. */
  add(subject: string, at: Date): void
  has(principal: Principal, issuedAt: number): boolean
  /** Drops what concerns no token any more. */
  dropExpired(): void
}

export function createRevocationList(now: () => number): RevocationList {
  const timesOf: Record<RevocationKind, Map<string, number>> = {
    session: new Map(),
    api_key: new Map(),
    user: new Map(),
    tenant: new Map(),
    client: new Map(),
    client_secret: new Map(),
    partner_token: new Map(),
  }
  const timeOf = (kind: RevocationKind, id: string) => {
    const time = timesOf[kind].get(id)
    return time !== undefined && time + revocationLifeMs > now() ? time : undefined
  }
  const isGone = (kind: RevocationKind, id: string | undefined) =>
    id !== undefined && timeOf(kind, id) !== undefined
  const isPartOfItGone = (partnerSession = '') => {
    const { secretId, tokenId } = partsOfPartnerSession(partnerSession)
    return isGone('client_secret', secretId) || isGone('partner_token', tokenId)
  }
  return {
    add(subject, at) {
      const [, service, kind, id] = /^revocation\.([a-z-]+)\.([a-z_]+)\.([\w-]+)$/.exec(subject) ?? []
      if (!isKind(kind) || revokers[kind] !== service || !id) return
      const times = timesOf[kind]
      const time = Math.max(at.getTime(), times.get(id) ?? 0)
      // Deleted first, so that the map stays in the order of times.
      times.delete(id)
      times.set(id, time)
    },
    has({ kind, id, tenantId, sessionId, ownerId }, issuedAt) {
      const until = (time: number | undefined) => time !== undefined && issuedAt <= time
      return (
        isGone('session', sessionId) ||
        (kind === 'api_key' && isGone('api_key', id)) ||
        (kind === 'partner_client' && (isGone('client', id) || isPartOfItGone(sessionId))) ||
        (kind === 'user' && until(timeOf('user', id))) ||
        (ownerId !== undefined && until(timeOf('user', ownerId))) ||
        until(timeOf('tenant', tenantId))
      )
    },
    dropExpired() {
      for (const times of Object.values(timesOf)) {
        for (const [id, time] of times) {
          if (time + revocationLifeMs > now()) break
          times.delete(id)
        }
      }
    },
  }
}

const isKind = (kind: string | undefined): kind is RevocationKind =>
  kind !== undefined && Object.hasOwn(revokers, kind)
