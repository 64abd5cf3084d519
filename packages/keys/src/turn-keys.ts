import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Seal } from './seal.ts'
import { newSealedKey } from './sealed-key.ts'
import * as keys from './signing-keys.ts'
import { accessTokenSeconds } from './token-signer.ts'

/**
 * How long a key is published before it signs: three times as long as verifiers keep a key set (300 s), so that each
 * of them knows it by then.
 */
export const publishedAheadSeconds = 900

/**
 * How long a key is published after the next one has taken over: the life of its last token, the 30 s by which clocks
 * may differ, and the time that a replica may take to notice.
 */
export const keptSeconds = accessTokenSeconds + 30 + 270

export interface KeyDeps {
  readonly db: Database
  readonly seal: Seal
  /** For how long a key signs. Seconds. */
  readonly periodSeconds: number
  /** Tells of a new key, in the transaction that makes it. */
  onCreated(tx: Tx, key: { kid: string; activatesAt: Date }): Promise<void>
}

type Key = Awaited<ReturnType<typeof keys.kept>>[number]

/**
 * Does what is due about keys, and says which one signs now: the youngest of those that are active. There is always a
 * next one, published long before it signs; when it takes over, those before it get an end, and then are gone. All by
 * the database's clock, so that replicas agree, whichever of them does it.
 */
export async function turnKeys(deps: KeyDeps): Promise<Key> {
  const signer = settled(await readInPlatform(deps.db, keys.kept))
  if (signer) return signer
  return inPlatform(deps.db, async (tx) => {
    await keys.lock(tx)
    await keys.removeGone(tx)
    const all = await keys.kept(tx)
    const active = all.find(({ isActive }) => isActive) ?? (await create(tx, deps, 0))
    await keys.retireOthers(tx, active.kid, keptSeconds)
    if (all.every(({ isActive }) => isActive)) {
      await create(tx, deps, Math.max(deps.periodSeconds, publishedAheadSeconds))
    }
    return active
  })
}

/** The key that signs, if nothing is left to do: a next one stands ready, and all before have their end. */
function settled(all: readonly Key[]): Key | undefined {
  const active = all.filter(({ isActive }) => isActive)
  const [signer, ...older] = active
  return active.length < all.length && older.every(({ isRetired }) => isRetired) ? signer : undefined
}

async function create(tx: Tx, deps: KeyDeps, activatesInSeconds: number): Promise<Key> {
  const key = await newSealedKey(deps.seal)
  const activatesAt = await keys.insert(tx, key, activatesInSeconds)
  await deps.onCreated(tx, { kid: key.kid, activatesAt })
  return { ...key, activatesAt, isActive: activatesInSeconds === 0, isRetired: false }
}

/**
 * Has the next key take over as soon as every verifier knows it; mostly that is at once.
 * @returns which key that is, and from when on it signs
 */
export async function hastenRotation(deps: KeyDeps): Promise<{ kid: string; activatesAt: Date }> {
  await turnKeys(deps)
  const hastened = await inPlatform(deps.db, async (tx) => {
    await keys.lock(tx)
    const next = (await keys.kept(tx)).findLast(({ isActive }) => !isActive)
    const activatesAt = next && (await keys.bringForward(tx, next.kid, publishedAheadSeconds))
    return next && activatesAt && { kid: next.kid, activatesAt }
  })
  if (!hastened) throw new Error('There is no next key.')
  await turnKeys(deps)
  return hastened
}
