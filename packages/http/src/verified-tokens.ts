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

/**
 * Keeps at most `capacity`. The key is the whole header, compared character by character, so no two tokens ever share
 * a result; a digest of it would be as safe and cost more than all other checks of a request together.
 */
export function rememberTokens(capacity: number): VerifiedTokens {
  const known = new Map<string, Verified>()
  return {
    find: (authorization) => known.get(authorization),
    remember(authorization, verified) {
      known.set(authorization, verified)
      // In the order in which they came: the first are the first to expire.
      for (const [oldest, { expiresAt }] of known) {
        if (known.size <= capacity && expiresAt > Date.now()) break
        known.delete(oldest)
      }
    },
    forgetAll: () => known.clear(),
  }
}
