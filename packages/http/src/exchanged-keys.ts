import { apiKeyId } from '@gatehouse/contracts/api-key-format'
import type { Origin } from '@gatehouse/contracts/origin'
import type { FastifyRequest } from 'fastify'
import type { VerifyToken } from './access-tokens.ts'
import { refusedCredential } from './challenge.ts'
import { rememberRecent } from './recent.ts'
import type { Verified } from './verified-tokens.ts'

/**
 * Gives the access token of this service that an API key is good for; undefined for a key that is not good.
 * @throws Problem 503 where it can't be had at the moment
 */
export type ExchangeApiKey = (apiKey: string, origin: Origin) => Promise<string | undefined>

interface Deps {
  readonly exchange: ExchangeApiKey
  readonly verify: VerifyToken
  /** Whether an access token that was just given is good indeed. */
  isGood(request: FastifyRequest, verified: Verified): boolean | Promise<boolean>
}

/** How long a key that was refused is refused without asking again, and of how many keys that is known. */
const refusedMs = 10_000
const capacity = 10_000

/**
 * Makes what exchanges API keys for access tokens: once for all who wait for the same key, not at all for what cannot be
 * one by its checksum, and for one that was refused not again within ten seconds.
 */
export function exchangeKeys({ exchange, verify, isGood }: Deps) {
  const refused = rememberRecent<true>({ lifeMs: refusedMs, capacity })
  const underWay = new Map<string, Promise<Verified>>()

  const exchangeOnce = async (request: FastifyRequest, key: string) => {
    // A change of its owner's rights may have overtaken the first token, which says nothing of the key.
    for (let attempt = 0; attempt < 2; attempt++) {
      const token = await exchange(key, request.origin)
      if (token === undefined) break
      const verified = await verify(request, token)
      if (await isGood(request, verified)) return verified
    }
    refused.set(key, true)
    throw refusedCredential()
  }

  /** @throws Problem 401, or 503 where the key can't be exchanged at the moment */
  return (request: FastifyRequest, key: string): Promise<Verified> => {
    if (refused.get(key) || apiKeyId(key) === undefined) return Promise.reject(refusedCredential())
    let flight = underWay.get(key)
    if (!flight) {
      flight = exchangeOnce(request, key).finally(() => underWay.delete(key))
      underWay.set(key, flight)
    }
    return flight
  }
}
