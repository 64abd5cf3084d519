import { hash } from 'node:crypto'
import type { Principal } from '@gatehouse/contracts/principal'

/** What a token said when its signature was checked. */
export interface Verified {
  readonly principal: Principal
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** The `Authorization` headers whose tokens have been checked, so that this is done once for each. */
export interface VerifiedTokens {
  find(authorization: string): Verified | undefined
  remember(authorization: string, verified: Verified): void
  forgetAll(): void
}

/** Keeps at most `capacity`, each under the digest of the whole header: no two share an entry, and none can be read out. */
export function rememberTokens(capacity: number): VerifiedTokens {
  const known = new Map<string, Verified>()
  return {
    find: (authorization) => known.get(digest(authorization)),
    remember(authorization, verified) {
      known.set(digest(authorization), verified)
      // In the order in which they came: the first are the first to expire.
      for (const [key, { expiresAt }] of known) {
        if (known.size <= capacity && expiresAt > Date.now()) break
        known.delete(key)
      }
    },
    forgetAll: () => known.clear(),
  }
}

const digest = (authorization: string) => hash('sha256', authorization, 'binary')
