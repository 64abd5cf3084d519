import { randomBytes } from 'node:crypto'
import { inPlatform } from '@gatehouse/db/tenant'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sql } from 'drizzle-orm'
import { followSigningKey } from './follow-signing-key.ts'
import { createSeal } from './seal.ts'
import { signingKeys } from './signing-keys.ts'
import type { TokenSigner } from './token-signer.ts'
import type { KeyDeps } from './turn-keys.ts'

export const days = 86_400
const log = { info() {}, warn() {}, error() {} }

/** A database of auth with no key in it yet, and replicas that sign. */
export async function harness(onCreated: KeyDeps['onCreated'] = async () => {}) {
  const { db } = await createTestDatabase('auth')
  const seal = createSeal(randomBytes(32))
  const deps = { db, seal, periodSeconds: 30 * days, onCreated }

  /** A process that signs, and looks which key does so only when it is told to. */
  const replica = async (signer: Pick<TokenSigner, 'use'>) => {
    const follower = followSigningKey({ ...deps, signer, log })
    await follower.turn()
    await follower.stop()
    return { turn: follower.turn }
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
