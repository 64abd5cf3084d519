import { fastifyJwt } from '@fastify/jwt'
import { isPermission } from '@gatehouse/contracts/permissions'
import { principalKinds } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { Act } from '@gatehouse/contracts/tokens'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { refusedCredential } from './challenge.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { Verified } from './verified-tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    partnerJwtVerify: FastifyRequest['jwtVerify']
  }
}

interface Verification {
  /** The one `iss` that tokens may have. */
  readonly issuer: string
  /** A token must be for one of these. */
  readonly audiences: readonly string[]
  readonly findKey: SigningKeys['find']
  /** Tells several verifications of one app apart. */
  readonly name?: 'partner' | undefined
}

/**
 * Checks an access token that a request came with or stands for: ES256 and nothing else, by the issuer's published keys.
 * @throws Problem 401 for one that is not valid, 503 while no keys could be had
 */
export type VerifyToken = (request: FastifyRequest, token: string) => Promise<Verified>

const toleranceSeconds = 30
const maxLifeSeconds = 600

/** The claims of our access tokens (RFC 9068, section 2.2). */
const Claims = z.object({
  sub: z.string().min(1).max(200),
  tid: z.uuid(),
  sid: z.string().max(200).optional(),
  own: z.uuid().optional(),
  act: Act.optional(),
  kind: z.enum(principalKinds),
  scope: z.string(),
  client_id: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  exp: z.int(),
  nbf: z.int().optional(),
})

export function accessTokens(
  app: FastifyInstance,
  { issuer, audiences, findKey, name }: Verification,
): VerifyToken {
  const tokenOf = new WeakMap<FastifyRequest, string>()
  app.register(fastifyJwt, {
    ...(name && { namespace: name, jwtVerify: `${name}JwtVerify` }),
    decode: { complete: true },
    secret: async (_request: FastifyRequest, decoded: unknown) => {
      const { kid } = (decoded as { header: { kid?: unknown } }).header
      const key = typeof kid === 'string' && kid.length <= 128 ? await findKey(kid) : undefined
      if (key === undefined) throw refusedCredential()
      return key
    },
    verify: {
      algorithms: ['ES256'],
      allowedIss: issuer,
      allowedAud: [...audiences],
      checkTyp: 'at+jwt',
      clockTolerance: toleranceSeconds * 1_000,
      requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat', 'jti'],
      extractToken: (request) => tokenOf.get(request as FastifyRequest),
    },
  })

  return async (request, token) => {
    try {
      tokenOf.set(request, token)
      const claims = await (name === 'partner' ? request.partnerJwtVerify() : request.jwtVerify())
      return verifiedOf(token, Claims.parse(claims))
    } catch (cause) {
      // Whatever it is about a token that makes a library throw, it is the token's fault.
      throw cause instanceof Problem ? cause : refusedCredential(cause)
    }
  }
}

function verifiedOf(token: string, claims: z.infer<typeof Claims>): Verified {
  const { sub, tid, sid, own, act, kind, scope, iat, exp } = claims
  if (exp - iat > maxLifeSeconds || iat > Date.now() / 1_000 + toleranceSeconds) throw refusedCredential()
  const permissions = new Set(scope.split(' ').filter(isPermission))
  const through = { ownerId: own, actors: actorsOf(act) }
  const principal = { kind, id: sub, tenantId: tid, sessionId: sid, permissions, ...through }
  return { principal, issuedAt: iat * 1_000, expiresAt: exp * 1_000, token }
}

/** The services of a chain (RFC 8693, section 4.1), the outermost first. */
const actorsOf = (act: Act | undefined): readonly string[] =>
  act === undefined ? [] : [act.sub, ...actorsOf(act.act)]
