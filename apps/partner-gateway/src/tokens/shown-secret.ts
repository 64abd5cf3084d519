import { hash, timingSafeEqual } from 'node:crypto'
import type { KnownClient, KnownSecret } from '../known-clients.ts'

/** Which live secret of a client this is, in the same time whichever it is. */
export function shownSecret(secret: string): (client: KnownClient) => KnownSecret | undefined {
  const shown = hash('sha256', secret, 'buffer')
  return ({ secrets }) => {
    const same = secrets.filter(({ digest }) => timingSafeEqual(digest, shown))
    return same.find(({ expiresAt }) => expiresAt === null || expiresAt.getTime() > Date.now())
  }
}
