import { randomBytes } from 'node:crypto'
import { inPlatform } from '@gatehouse/db/tenant'
import { createSeal } from '@gatehouse/keys/seal'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sql } from 'drizzle-orm'
import { createIssuer } from '../issuer.ts'
import { signingKeys } from '../tables.ts'
import { followSigningKey } from './follow-signing-key.ts'

export const days = 86_400
export const issuerUrl = 'https://gatehouse.test'
const log = { info() {}, warn() {}, error() {} }

/** A database of auth with no key in it yet, and replicas that sign. */
export async function harness() {
  const { db } = await createTestDatabase('auth')
  const keyEncryptionKey = randomBytes(32)
  const deps = { db, keyEncryptionKey, seal: createSeal(keyEncryptionKey), periodSeconds: 30 * days }

  /** A process that signs, and looks which key does so only when it is told to. */
  const replica = async () => {
    const issuer = createIssuer(issuerUrl)
    const follower = followSigningKey({ ...deps, issuer, log })
    await follower.turn()
    await follower.stop()
    return { issuer, turn: follower.turn }
  }

  /** Lets time go by, as far as keys are concerned. */
  const pass = (seconds: number) =>
    inPlatform(db, (tx) =>
      tx.update(signingKeys).set({
        createdAt: sql`created_at - make_interval(secs => ${seconds})`,
        activatesAt: sql`activates_at - make_interval(secs => ${seconds})`,
        retiresAt: sql`retires_at - make_interval(secs => ${seconds})`,
      }),
    )
  return { ...deps, deps, replica, pass }
}
