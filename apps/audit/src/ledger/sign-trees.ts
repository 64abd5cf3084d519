import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import type { LastWord, LastWords } from '@gatehouse/events/last-words'
import type { Log } from '@gatehouse/events/log'
import { type Checkpoint, openCheckpoint, signCheckpoint } from '@gatehouse/ledger/checkpoint'
import { consistencyProof, consistencyTiles, verifyConsistency } from '@gatehouse/ledger/consistency'
import { formatOrigin, parseOrigin } from '@gatehouse/ledger/epoch'
import { NoteRefused } from '@gatehouse/ledger/signed-note'
import type { Tile } from '@gatehouse/ledger/tiles'
import { emptyRoot, rootOf } from '@gatehouse/ledger/tree'
import type { CheckpointKeys, SigningKeys } from './checkpoint-keys.ts'
import * as repository from './repository.ts'

export interface Signing {
  readonly db: Database
  readonly keys: CheckpointKeys
  /** What was signed last of each tenant's ledger, where whoever rewrites the database can't reach. */
  readonly memory: LastWords
  readonly log: Log
}

/** Trees that don't follow from what was signed of them: by tenant, why. */
export type Refused = ReadonlyMap<string, string>

const atOnce = 500
const beforeAll = '00000000-0000-0000-0000-000000000000'

/**
 * Signs every ledger that has grown, if it grew out of what was signed of it last, which a proof of consistency has to
 * show. Several replicas may do so at once.
 */
export async function signTrees(signing: Signing): Promise<Refused> {
  const refused = new Map<string, string>()
  for (let after = beforeAll; ; ) {
    const trees = await readInPlatform(signing.db, (tx) => repository.unsigned(tx, after, atOnce))
    const last = trees.at(-1)
    if (!last) return refused
    const keys = await signing.keys.load()
    for (const [tenantId, reason] of await signSome(signing, keys, trees)) refused.set(tenantId, reason)
    if (trees.length < atOnce) return refused
    after = last.tenantId
  }
}

type Tree = repository.UnsignedTree

async function signSome(signing: Signing, keys: SigningKeys, trees: readonly Tree[]) {
  const refused = new Map<string, string>()
  const lasts = await Promise.all(
    trees.map(async (tree) => ({ tree, last: await lastOf(signing, keys, tree) })),
  )
  const wanted = lasts.flatMap(({ tree, last }) => {
    const from = 'reason' in last ? 0 : last.size
    const tiles = from < tree.size ? consistencyTiles(from, tree.size) : []
    return tiles.map((tile) => ({ ...tile, tenantId: tree.tenantId }))
  })
  const tiles = await readInPlatform(signing.db, (tx) => repository.tilesOf(tx, wanted))
  const signed = await Promise.all(
    lasts.map(async ({ tree, last }) => {
      const reason = 'reason' in last ? last.reason : whyNot(tree, last, tiles.get(tree.tenantId) ?? [])
      if (reason === undefined && !('reason' in last)) return sign(signing, keys, tree, last)
      refused.set(tree.tenantId, reason ?? '')
      // Somebody may begin it again.
      signing.memory.forget(tree.tenantId)
      return undefined
    }),
  )
  const kept = signed.filter((checkpoint) => checkpoint !== undefined)
  if (kept.length > 0) await inPlatform(signing.db, (tx) => repository.keep(tx, kept))
  return refused
}

/** What was signed last. */
interface Last extends Checkpoint {
  readonly note: string | undefined
  readonly word: LastWord | undefined
}

async function lastOf(
  signing: Signing,
  keys: SigningKeys,
  { tenantId }: Tree,
): Promise<Last | { reason: string }> {
  const { db, memory, log } = signing
  const word = await memory.read(tenantId)
  const note = word?.text ?? (await readInPlatform(db, (tx) => repository.newest(tx, tenantId)))?.note
  const first = formatOrigin({ name: keys.name, tenantId, epoch: 1 })
  if (note === undefined) return { origin: first, size: 0, root: emptyRoot, note, word }
  if (!word) log.warn({ tenantId }, 'the memory of what was signed is gone: it starts anew from the database')
  try {
    const { origin, size, root } = openCheckpoint(note, keys.verifiers)
    const ledger = parseOrigin(origin)
    if (ledger?.name !== keys.name || ledger.tenantId !== tenantId)
      return { reason: `what was signed last is of ${origin}` }
    return { origin, size, root, note, word }
  } catch (error) {
    if (error instanceof NoteRefused) return { reason: `what was signed last is not ours: ${error.message}` }
    throw error
  }
}

/** @returns why the tree doesn't follow from what was signed; undefined if it does */
export function whyNot(tree: Tree, last: Pick<Checkpoint, 'size' | 'root'>, tiles: readonly Tile[]) {
  const { size: from, root: fromRoot } = last
  const [to, toRoot] = [tree.size, rootOf(tree)]
  if (to < from) return `it has ${to} entries, and had ${from} when it was signed`
  try {
    const proof = consistencyProof(from, to, tiles)
    if (verifyConsistency({ from, to, fromRoot, toRoot, proof })) return undefined
    return `its first ${from} entries are not those that were signed`
  } catch (error) {
    return `there is no telling what it grew from: ${error instanceof Error ? error.message : error}`
  }
}

/** @returns undefined if another replica was faster */
async function sign({ memory }: Signing, keys: SigningKeys, tree: Tree, last: Last) {
  const { tenantId, size } = tree
  const root = rootOf(tree)
  // Signed before, and this database was not told.
  if (size === last.size && last.word) return { tenantId, size, root, note: last.word.text }
  const note = signCheckpoint({ origin: last.origin, size, root }, keys.signers)
  return (await memory.say(tenantId, note, last.word)) ? { tenantId, size, root, note } : undefined
}
