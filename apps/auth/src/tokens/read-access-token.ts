import { isPermission, type Permission } from '@gatehouse/contracts/permissions'
import { type PrincipalKind, principalKinds } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { Act } from '@gatehouse/contracts/tokens'
import { accessTokenSeconds } from '@gatehouse/keys/token-signer'
import { decodeJwt, jwtVerify } from 'jose'
import * as z from 'zod'
import { findTokenKey, type TokenKeys } from './token-keys.ts'

/** Somebody whose access tokens are believed, by their signature: for these kinds of bearer, as far as these permissions. */
export interface TrustedIssuer {
  readonly issuer: string
  readonly keys: TokenKeys
  readonly kinds: readonly PrincipalKind[]
  readonly permissions: readonly Permission[]
}

/** What an access token says (RFC 9068), its signature being good and its time not over. Times in seconds since 1970. */
export interface AccessToken {
  readonly issuer: string
  readonly id: string
  readonly kind: PrincipalKind
  readonly subject: string
  readonly tenantId: string
  readonly sessionId: string | undefined
  readonly ownerId: string | undefined
  readonly actor: Act | undefined
  readonly clientId: string
  readonly audiences: readonly string[]
  readonly permissions: readonly Permission[]
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Reads an access token; undefined for anything else, and for one that nobody who is trusted has signed. */
export type ReadAccessToken = (token: string) => Promise<AccessToken | undefined>

const toleranceSeconds = 30

const Claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
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
})

export function createReadAccessToken(trusted: readonly TrustedIssuer[]): ReadAccessToken {
  const byIssuer = new Map(
    trusted.map(({ issuer, keys, ...limits }) => [issuer, { ...limits, findKey: findTokenKey(keys) }]),
  )
  return async (token) => {
    try {
      const by = byIssuer.get(decodeJwt(token).iss ?? '')
      if (!by) return undefined
      const { payload } = await jwtVerify(token, by.findKey, {
        algorithms: ['ES256'],
        typ: 'at+jwt',
        requiredClaims: ['iat', 'exp'],
        clockTolerance: toleranceSeconds,
      })
      const claims = Claims.parse(payload)
      if (!by.kinds.includes(claims.kind) || !isInTime(claims)) return undefined
      return accessTokenOf(claims, new Set(by.permissions))
    } catch (error) {
      if (error instanceof Problem) throw error
      // Whatever it is about a token that makes a library throw, it is the token's fault.
      return undefined
    }
  }
}

function isInTime({ iat, exp }: z.infer<typeof Claims>) {
  const now = Date.now() / 1_000
  return exp > now && iat <= now + toleranceSeconds && exp - iat <= accessTokenSeconds
}

const accessTokenOf = (claims: z.infer<typeof Claims>, believed: ReadonlySet<Permission>): AccessToken => ({
  issuer: claims.iss,
  id: claims.jti,
  kind: claims.kind,
  subject: claims.sub,
  tenantId: claims.tid,
  sessionId: claims.sid,
  ownerId: claims.own,
  actor: claims.act,
  clientId: claims.client_id,
  audiences: [claims.aud].flat(),
  permissions: claims.scope
    .split(' ')
    .filter(isPermission)
    .filter((permission) => believed.has(permission)),
  issuedAt: claims.iat,
  expiresAt: claims.exp,
})
