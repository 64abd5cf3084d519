import { apiKeyPrefix } from '@gatehouse/contracts/api-key-format'
import type { Principal } from '@gatehouse/contracts/principal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { accessTokens } from './access-tokens.ts'
import { missingCredential, refusedCredential } from './challenge.ts'
import { type ExchangeApiKey, exchangeKeys } from './exchanged-keys.ts'
import { introspectionUnavailable } from './failures.ts'
import { type IntrospectToken, introspectOnce } from './introspected-tokens.ts'
import { followSigningKeys, type KeySource } from './signing-keys.ts'
import { rememberTokens, type Verified } from './verified-tokens.ts'

export interface AuthenticationOptions {
  /** The one `iss` that tokens may have. */
  readonly issuer: string
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  readonly keys: KeySource
  /** Asked on each request, so it answers from memory. `issuedAt` is in milliseconds since 1970. */
  isRevoked(principal: Principal, issuedAt: number): boolean
  /** Whether `isRevoked` knows of everything lately revoked; while it doesn't, `introspect` is asked. Always, if not said. */
  isFresh?(): boolean
  readonly introspect?: IntrospectToken
  /** Without it, API keys are refused. */
  readonly exchange?: ExchangeApiKey
}

/**
 * Who sends a request.
 * @throws Problem 401 (RFC 6750, section 3) for a credential that is missing, not valid or revoked; 503 where that can't
 *   be found out at the moment
 */
export type Authenticate = (request: FastifyRequest) => Principal | Promise<Principal>

/** Finds out whom the token of a request names, as its `bearer`: of one that is refused whatever it comes with. Never fails. */
export type Identify = (request: FastifyRequest) => Promise<void>

const capacity = 10_000

/**
 * Knows callers by their access token, or by an API key (as a bearer token or in `X-API-Key`) that is exchanged for one.
 * A token's signature is checked once, a key is exchanged once in the life of the token; whether either was revoked is
 * looked up on each request.
 */
export function authentication(app: FastifyInstance, options: AuthenticationOptions, name?: 'partner') {
  const { issuer, audiences, isRevoked, isFresh = () => true, exchange = async () => undefined } = options
  const tokens = rememberTokens(capacity)
  const keys = followSigningKeys({ source: options.keys, log: app.log, onRemoved: tokens.forgetAll })
  app.addHook('onClose', async () => keys.stop())
  const verify = accessTokens(app, { issuer, audiences, findKey: keys.find, name })
  const introspect = introspectOnce(options.introspect ?? notToBeHad)

  const isGood = (request: FastifyRequest, { principal, issuedAt, expiresAt, token }: Verified) => {
    request.bearer = principal
    if (expiresAt <= Date.now() || isRevoked(principal, issuedAt)) return false
    return isFresh() || introspect(token, request.origin)
  }

  const byToken = (request: FastifyRequest, verified: Verified) =>
    whether(isGood(request, verified), () => verified.principal, refuse)

  const exchanged = exchangeKeys({ exchange, verify, isGood })
  const byNewToken = async (request: FastifyRequest, key: string) => {
    const verified = await exchanged(request, key)
    tokens.remember(key, verified)
    return verified.principal
  }
  // A token that is not good any more says nothing of the key: its owner may have been given another role. Auth knows.
  const byKey = (request: FastifyRequest, key: string) => {
    const known = tokens.find(key)
    if (!known) return byNewToken(request, key)
    return whether(
      isGood(request, known),
      () => known.principal,
      () => byNewToken(request, key),
    )
  }

  const authenticate: Authenticate = (request) => {
    const { authorization, 'x-api-key': key } = request.headers
    if (key !== undefined) {
      // Of two credentials, nobody can say which one was meant.
      if (authorization !== undefined || typeof key !== 'string') throw refusedCredential()
      return byKey(request, key)
    }
    if (authorization === undefined) throw missingCredential()
    const known = tokens.find(authorization)
    if (known) return byToken(request, known)
    const token = bearerToken(authorization)
    if (token.startsWith(apiKeyPrefix)) return byKey(request, token)
    return verify(request, token).then((verified) => {
      tokens.remember(authorization, verified)
      return byToken(request, verified)
    })
  }

  const identify: Identify = async (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) return
    try {
      const { principal } = tokens.find(authorization) ?? (await verify(request, bearerToken(authorization)))
      request.bearer = principal
    } catch {
      // Nobody's, or not to be told at the moment: it is refused without a name.
    }
  }
  return { authenticate, identify, keys }
}

type Outcome = Principal | Promise<Principal>

/** Goes on one way or the other; at once, where that is known at once. */
function whether(good: boolean | Promise<boolean>, then: () => Outcome, otherwise: () => Outcome): Outcome {
  if (good === true) return then()
  if (good === false) return otherwise()
  return good.then((isGood) => (isGood ? then() : otherwise()))
}

const refuse = () => {
  throw refusedCredential()
}

const notToBeHad: IntrospectToken = async () => {
  throw introspectionUnavailable({ headers: { 'retry-after': '1' } })
}

/** The token of an `Authorization` header (RFC 6750, section 2.1), which knows one space and one token. */
function bearerToken(authorization: string): string {
  const [, token] = /^bearer ([\w~+/.-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined) throw refusedCredential()
  return token
}
