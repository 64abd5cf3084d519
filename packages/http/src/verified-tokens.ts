import type { Principal } from '@gatehouse/contracts/principal'

/** What a token said when its signature was checked. */
export interface Verified {
  readonly principal: Principal
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The token itself, to ask about. */
  readonly token: string
}

/**
 * The credentials whose tokens have been checked, so that this is done once for each: `Authorization` headers, and API
 * keys by themselves.
 */
export interface VerifiedTokens {
  find(credential: string): Verified | undefined
  remember(credential: string, verified: Verified): void
  forgetAll(): void
}

/**
 * Keeps at most `capacity`. The key is the whole header, compared character by character, so no two tokens ever share
 * a result; a digest of it would be as safe and cost more than all other checks of a request together.
 */
export function rememberTokens(capacity: number): VerifiedTokens {
  const known = new Map<string, Verified>()
  return {
    find: (credential) => known.get(credential),
    remember(credential, verified) {
      // Deleted first: an API key comes again with its next token, which is the last to expire.
      known.delete(credential)
      known.set(credential, verified)
      // In the order in which they came: the first are the first to expire.
      for (const [oldest, { expiresAt }] of known) {
        if (known.size <= capacity && expiresAt > Date.now()) break
        known.delete(oldest)
      }
    },
    forgetAll: () => known.clear(),
  }
}
