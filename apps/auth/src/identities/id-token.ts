import { Problem } from '@gatehouse/contracts/problem'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import * as z from 'zod'
import { providerRefused, providerUnavailable } from '../errors.ts'
import { limitedFetch } from './limited-fetch.ts'

const Claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  azp: z.string().optional(),
  nonce: z.string(),
  email: z.string().optional().catch(undefined),
  email_verified: z.unknown().optional(),
  given_name: z.string().optional().catch(undefined),
  family_name: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
  tid: z.string().optional(),
  oid: z.string().optional(),
  xms_edov: z.unknown().optional(),
})

/** What is read of an ID token. Only what names somebody must be there. */
export type Claims = z.infer<typeof Claims>

interface Expected {
  readonly keys: ProviderKeys
  readonly clientId: string
  readonly nonce: string
  /** The issuer that a token with these claims must be from, if they are to be believed. */
  readonly issuerOf: (claims: Claims) => string | undefined
}

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
const toleranceSeconds = 30

/**
 * Checks an ID token (OpenID Connect Core, section 3.1.3.7): signed by the provider, for us and for nobody else, about
 * this very sign-in, and not expired.
 * @throws providerRefused, or providerUnavailable where its keys can't be had
 */
export async function verifyIdToken(token: string, expected: Expected): Promise<Claims> {
  const { clientId, nonce, issuerOf } = expected
  try {
    const { payload, protectedHeader } = await jwtVerify(token, expected.keys, {
      algorithms,
      audience: clientId,
      clockTolerance: toleranceSeconds,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'],
    })
    const claims = Claims.parse(payload)
    if (claims.iss !== issuerOf(claims)) throw new Error('The issuer is another one.')
    if (!mayVouch(expected.keys, protectedHeader.kid, claims))
      throw new Error('The key is for another issuer.')
    if ([payload.aud].flat().length !== 1) throw new Error('There is an audience besides us.')
    if (claims.azp !== undefined && claims.azp !== clientId)
      throw new Error('It was issued to somebody else.')
    if (claims.nonce !== nonce) throw new Error('It is about another sign-in.')
    return claims
  } catch (cause) {
    throw cause instanceof Problem ? cause : providerRefused({ cause })
  }
}

/**
 * Whether a key is for tokens of this issuer: where one set of keys serves many, as Microsoft's does, each can name its
 * own in `issuer`.
 */
function mayVouch(keys: ProviderKeys, kid: string | undefined, { iss, tid = '' }: Claims) {
  const { issuer } = (keys.jwks()?.keys.find((key) => key.kid === kid) ?? {}) as { issuer?: unknown }
  return issuer === undefined || (typeof issuer === 'string' && issuer.replace('{tenantid}', tid) === iss)
}

export type ProviderKeys = ReturnType<typeof providerKeys>

/** The keys of a provider: asked for when a token needs one that is not known, at most twice a minute. */
export const providerKeys = (url: string) =>
  createRemoteJWKSet(new URL(url), {
    [customFetch]: async (url, init) => {
      const response = await limitedFetch(url, init).catch((cause: unknown) => {
        throw providerUnavailable({ cause })
      })
      if (response.status !== 200)
        throw providerUnavailable({ cause: new Error(`The status is ${response.status}.`) })
      return response
    },
  })
