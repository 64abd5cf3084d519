import { createLocalJWKSet, createRemoteJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose'
import { tokenKeysUnavailable } from '../errors.ts'

/** Where an issuer's public keys come from: the URL of a key set (RFC 7517), or whoever has them. */
export type TokenKeys = string | (() => Promise<readonly Readonly<Record<string, unknown>>[]>)

const freshMs = 30_000
const retryMs = 1_000

/**
 * Finds the key that a token names; one that names none has none. What it throws is the token's fault, but for one:
 * @throws tokenKeysUnavailable where the keys can't be had: that says nothing about the token
 */
export function findTokenKey(source: TokenKeys): JWTVerifyGetKey {
  const find = typeof source === 'string' ? remote(source) : local(source)
  return async (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey()
    return find(header, token)
  }
}

function remote(url: string): JWTVerifyGetKey {
  const find = createRemoteJWKSet(new URL(url), { timeoutDuration: 3_000 })
  return async (header, token) => {
    try {
      return await find(header, token)
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JOSENotSupported) throw cause
      throw unavailable(cause)
    }
  }
}

/** Remembers the keys for half a minute; a key that isn't among them is asked for once in a second at most. */
function local(keys: Exclude<TokenKeys, string>): JWTVerifyGetKey {
  let fetchedAt = Number.NEGATIVE_INFINITY
  let known: ReturnType<typeof fetchKeys> | undefined
  const fetchKeys = async () => createLocalJWKSet({ keys: [...(await keys().catch(fail))] as JWK[] })
  const fetchIfOlder = (ms: number) => {
    if (known === undefined || performance.now() - fetchedAt > ms) {
      fetchedAt = performance.now()
      known = fetchKeys()
      known.catch(() => {
        known = undefined
      })
    }
    return known
  }
  return async (header, token) => {
    const find = await fetchIfOlder(freshMs)
    return find(header, token).catch(async (error: unknown) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      const again = await fetchIfOlder(retryMs)
      return again(header, token)
    })
  }
}

const unavailable = (cause: unknown) => tokenKeysUnavailable({ cause, headers: { 'retry-after': '5' } })

const fail = (cause: unknown): never => {
  throw unavailable(cause)
}
