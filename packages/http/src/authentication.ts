import { fastifyJwt } from '@fastify/jwt'
import { isPermission } from '@gatehouse/contracts/permissions'
import { type Principal, principalKinds } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { unauthenticated } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { invalidToken } from './failures.ts'
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
}

/**
 * Who sends a request.
 * @throws Problem 401 (RFC 6750, section 3) for a token that is missing, not valid or revoked
 */
export type Authenticate = (request: FastifyRequest) => Principal | Promise<Principal>

const toleranceSeconds = 30
const maxLifeSeconds = 600
const capacity = 10_000

/** The claims of our access tokens (RFC 9068, section 2.2). */
const Claims = z.object({
  sub: z.string().min(1).max(200),
  tid: z.uuid(),
  sid: z.string().max(200).optional(),
  kind: z.enum(principalKinds),
  scope: z.string(),
  client_id: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  exp: z.int(),
  nbf: z.int().optional(),
})

/** Reads access tokens: ES256 and nothing else, by the issuer's published keys. A token's signature is checked once. */
export function authentication(app: FastifyInstance, options: AuthenticationOptions) {
  const tokens = rememberTokens(capacity)
  const keys = followSigningKeys({ source: options.keys, log: app.log, onRemoved: tokens.forgetAll })
  app.addHook('onClose', async () => keys.stop())
  registerVerifier(app, options, keys.find)

  const admitted = ({ principal, issuedAt, expiresAt }: Verified) => {
    if (expiresAt <= Date.now() || options.isRevoked(principal, issuedAt)) throw refused()
    return principal
  }

  const authenticate: Authenticate = (request) => {
    const { authorization } = request.headers
    if (authorization === undefined) throw unauthenticated({ headers: challenge() })
    const known = tokens.find(authorization)
    if (known) return admitted(known)
    return verify(request).then((verified) => {
      tokens.remember(authorization, verified)
      return admitted(verified)
    })
  }
  return { authenticate, keys }
}

function registerVerifier(
  app: FastifyInstance,
  { issuer, audiences }: AuthenticationOptions,
  findKey: (kid: string) => string | undefined | Promise<string | undefined>,
) {
  app.register(fastifyJwt, {
    decode: { complete: true },
    secret: async (_request: FastifyRequest, decoded: unknown) => {
      const { kid } = (decoded as { header: { kid?: unknown } }).header
      const key = typeof kid === 'string' && kid.length <= 128 ? await findKey(kid) : undefined
      if (key === undefined) throw refused()
      return key
    },
    verify: {
      algorithms: ['ES256'],
      allowedIss: issuer,
      allowedAud: [...audiences],
      checkTyp: 'at+jwt',
      clockTolerance: toleranceSeconds * 1_000,
      requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat', 'jti'],
      extractToken: ({ headers }) => bearerToken(headers.authorization),
    },
  })
}

async function verify(request: FastifyRequest): Promise<Verified> {
  try {
    const { sub, tid, sid, kind, scope, iat, exp } = Claims.parse(await request.jwtVerify())
    if (exp - iat > maxLifeSeconds || iat > Date.now() / 1_000 + toleranceSeconds) throw refused()
    const permissions = new Set(scope.split(' ').filter(isPermission))
    const principal = { kind, id: sub, tenantId: tid, sessionId: sid, permissions }
    return { principal, issuedAt: iat * 1_000, expiresAt: exp * 1_000 }
  } catch (cause) {
    // Whatever it is about a token that makes a library throw, it is the token's fault.
    throw cause instanceof Problem ? cause : refused(cause)
  }
}

/** The token of an `Authorization` header (RFC 6750, section 2.1), which knows one space and one token. */
function bearerToken(authorization = ''): string {
  const [, token] = /^bearer ([\w~+/.-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined) throw refused()
  return token
}

const refused = (cause?: unknown) => invalidToken({ cause, headers: challenge(', error="invalid_token"') })

/** RFC 6750, section 3. */
const challenge = (error = '') => ({ 'www-authenticate': `Bearer realm="gatehouse"${error}` })
