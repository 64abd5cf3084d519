import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'

/** The public half of a signing key (RFC 7517, RFC 7518 §6.2); a private member would be left out of the answer. */
export const PublicKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
  kid: z.string(),
  x: z.string(),
  y: z.string(),
})

export type PublicKey = z.infer<typeof PublicKey>

export const getJwks = {
  method: 'GET',
  url: '/api/.well-known/jwks.json',
  config: { access: 'public' },
  schema: {
    operationId: 'getJwks',
    summary: 'Get the keys that access tokens are verified with',
    tags: ['Service tokens'],
    response: { 200: z.object({ keys: z.array(PublicKey) }) },
  },
} as const satisfies Endpoint
