import { createPublicKey } from 'node:crypto'
import * as z from 'zod'

// A private member, or a shared secret, means that something is badly wrong at the issuer.
const Key = z.looseObject({ kty: z.string(), d: z.never().optional(), k: z.never().optional() })

const KeySet = z.object({ keys: z.array(Key).max(20) })

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

const Es256Key = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
  kid: z.string().min(1).max(128),
  alg: z.literal('ES256').optional(),
  use: z.literal('sig').optional(),
})

/** Public keys in PEM, by `kid`. */
export type KeySet = ReadonlyMap<string, string>

/**
 * Takes the ES256 keys out of a JSON Web Key Set (RFC 7517, section 5).
 * @throws Error where it isn't one, or where any of its keys is private
 */
export function parseKeySet(document: unknown): KeySet {
  const keys = new Map<string, string>()
  for (const candidate of KeySet.parse(document).keys) {
    const { data } = Es256Key.safeParse(candidate)
    if (!data) continue
    const { kid, kty, crv, x, y } = data
    const pem = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    keys.set(kid, String(pem))
  }
  if (keys.size === 0) throw new Error('The key set holds no ES256 key.')
  return keys
}

const maxBytes = 65_536
const timeoutMs = 3_000

/**
 * Fetches a JSON Web Key Set.
 * @throws Error after 3 s, for more than 64 kB, a redirect or any answer but 200
 */
export async function fetchKeySet(url: string): Promise<unknown> {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  if (answer.status !== 200) throw new Error(`The key set was answered with ${answer.status}.`)
  if (!answer.body) throw new Error('The key set was answered with nothing.')
  let text = ''
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    text += piece
    if (text.length > maxBytes) throw new Error('The key set is too large.')
  }
  return JSON.parse(text)
}
