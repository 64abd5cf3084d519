import type { Database } from '@gatehouse/db/connect'
import { publishedKeys } from '@gatehouse/keys/published-keys'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import * as z from 'zod'
import { type PartnerIssuer, partnerAudience } from '../issuer.ts'

const Claims = z.object({
  sub: z.uuid(),
  tid: z.uuid(),
  sid: z.string(),
  client_id: z.string(),
  scope: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.int(),
})

/** What a token of ours says (RFC 9068). Times in seconds since 1970. */
export type OwnToken = z.infer<typeof Claims>

export interface OwnTokenDeps {
  readonly db: Database
  readonly issuer: Pick<PartnerIssuer, 'url'>
}

/** Reads a token that this service has signed and whose time is not over; undefined for anything else. */
export async function readOwnToken(
  { db, issuer }: OwnTokenDeps,
  text: string,
): Promise<OwnToken | undefined> {
  const keys = createLocalJWKSet({ keys: await publishedKeys(db) })
  try {
    const { payload } = await jwtVerify(text, keys, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: issuer.url,
      audience: partnerAudience,
      requiredClaims: ['iat', 'exp'],
    })
    return Claims.parse(payload)
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof z.ZodError || error instanceof TypeError)
      return undefined
    throw error
  }
}
