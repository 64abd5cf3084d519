import type { FastifyBaseLogger } from 'fastify'
import { keysUnavailable } from './failures.ts'
import { fetchKeySet, type KeySet, parseKeySet } from './key-set.ts'

/** A JSON Web Key (RFC 7517). */
export type Jwk = Readonly<Record<string, unknown>>

/** Where the public keys of tokens come from: the URL of a key set, or whoever has them. */
export type KeySource = string | (() => Promise<readonly Jwk[]>)

/** The keys that tokens are signed with, kept up to date. */
export interface SigningKeys {
  /**
   * The key of this `kid`. An unknown one makes the set be fetched again, once in 30 s at most.
   * @throws Problem `auth.keys_unavailable` (503) as long as no set could be fetched at all
   */
  find(kid: string): string | undefined | Promise<string | undefined>
  loaded(): boolean
  stop(): void
}

interface SigningKeysOptions {
  readonly source: KeySource
  readonly log: FastifyBaseLogger
  /** A key is gone: what it has signed is not to be trusted any more. */
  onRemoved(): void
}

const refreshMs = 300_000
const retryMs = 1_000
const minIntervalMs = 30_000

/** Follows a key set. When it cannot be fetched, or holds anything it should not, the last good one stays in use. */
export function followSigningKeys({ source, log, onRemoved }: SigningKeysOptions): SigningKeys {
  let keys: KeySet = new Map()
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> | undefined
  let nextOnDemand = 0
  let stopped = false

  const fetchOnce = async () => {
    try {
      const fresh = parseKeySet(
        typeof source === 'string' ? await fetchKeySet(source) : { keys: await source() },
      )
      const lost = [...keys].some(([kid, pem]) => fresh.get(kid) !== pem)
      keys = fresh
      if (lost) onRemoved()
    } catch (err) {
      log.warn({ err }, 'the signing keys could not be fetched')
    }
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(refresh, keys.size === 0 ? retryMs : refreshMs).unref()
  }

  const refresh = () => {
    underWay ??= fetchOnce().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  const findUnknown = async (kid: string) => {
    if (underWay !== undefined) await underWay
    else if (Date.now() >= nextOnDemand) {
      nextOnDemand = Date.now() + minIntervalMs
      await refresh()
    }
    if (keys.size === 0) throw keysUnavailable({ headers: { 'retry-after': '1' } })
    return keys.get(kid)
  }

  void refresh()
  return {
    find: (kid) => keys.get(kid) ?? findUnknown(kid),
    loaded: () => keys.size > 0,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
