import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** How many secrets of a service are live at once: the one in use, and the one that is to follow. */
export const liveSecrets = 2

/** What is stored of a service's secret, which is random and long enough to need no slow hash. */
export const secretDigest = (secret: string) => createHash('sha256').update(secret).digest()

/** The one of these digests that a secret has, found in the same time whichever it is, and where there is none. */
export function matching(digests: readonly Buffer[], secret: string): Buffer | undefined {
  const shown = secretDigest(secret)
  const padded = [...digests, ...Array.from({ length: liveSecrets }, () => randomBytes(32))]
  return padded.slice(0, liveSecrets).filter((digest) => timingSafeEqual(digest, shown))[0]
}
