import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { openCheckpoint, signCheckpoint } from '@gatehouse/ledger/checkpoint'
import { consistencyTiles } from '@gatehouse/ledger/consistency'
import { formatOrigin, parseOrigin, type Restart } from '@gatehouse/ledger/epoch'
import { NoteRefused } from '@gatehouse/ledger/signed-note'
import { emptyRoot, rootOf } from '@gatehouse/ledger/tree'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from '../log.ts'
import { ownEntry } from '../own-entry.ts'
import * as repository from './repository.ts'
import { type Signing, signTrees, whyNot } from './sign-trees.ts'

export interface BegunAgain {
  readonly begun: readonly (Restart & { readonly tenantId: string })[]
  /** Those that are signed no more all the same: by tenant, why. */
  readonly left: ReadonlyMap<string, string>
}

interface Deps {
  readonly signing: Signing
  readonly log: Log
}

/**
 * Begins again, under an origin of their own, those ledgers of which a part that was signed is gone because a backup was
 * restored, and says so in each; not those that are no earlier state of themselves, in which somebody has changed something.
 */
export async function beginAgain(deps: Deps): Promise<BegunAgain> {
  const begun: BegunAgain['begun'][number][] = []
  const left = new Map<string, string>()
  for (const tenantId of (await signTrees(deps.signing)).keys()) {
    try {
      const restart = await begin(deps, tenantId)
      if (typeof restart === 'string') left.set(tenantId, restart)
      else begun.push({ tenantId, ...restart })
    } catch (error) {
      if (!(error instanceof NoteRefused)) throw error
      left.set(tenantId, `what was signed last is not ours: ${error.message}`)
    }
  }
  return { begun, left }
}

/** @returns how it was, or why it was not */
async function begin({ signing, log }: Deps, tenantId: string): Promise<Restart | string> {
  const { db, keys, memory } = signing
  const { name, signers, verifiers } = await keys.load()
  const word = await memory.read(tenantId)
  if (!word) return 'what was signed last is not remembered'
  const signed = openCheckpoint(word.text, verifiers)
  const origin = parseOrigin(signed.origin)
  if (origin?.tenantId !== tenantId || origin.name !== name)
    return `what was signed last is of ${signed.origin}`
  const kept = await keptOf(signing, tenantId)
  if (typeof kept === 'string') return kept

  const restart: Restart = { epoch: origin.epoch + 1, agreesUpTo: kept, signedSize: signed.size }
  const entry = ownEntry('audit_log.ledger_begun_again', {
    tenantId,
    principal: { kind: 'service', id: 'audit' },
    origin: { correlationId: uuidv7(), sourceIp: undefined, userAgent: undefined, traceparent: undefined },
    resourceId: tenantId,
    data: restart,
  })
  await log.partitions.ensure([entry.occurredAt])
  const tree = await inPlatform(db, async (tx) => {
    await log.append(tx, [entry])
    return repository.treeOf(tx, tenantId)
  })
  if (!tree) return 'its tree is not there'
  const checkpoint = { size: tree.size, root: rootOf(tree) }
  const note = signCheckpoint(
    { origin: formatOrigin({ ...origin, epoch: restart.epoch }), ...checkpoint },
    signers,
  )
  if (!(await memory.say(tenantId, note, word))) return 'somebody else has signed it meanwhile'
  await inPlatform(db, (tx) => repository.keep(tx, [{ tenantId, ...checkpoint, note }]))
  return restart
}

/** How many entries are as they were signed, or why that can't be told. */
async function keptOf({ db, keys }: Signing, tenantId: string): Promise<number | string> {
  const { verifiers } = await keys.load()
  const [tree, newest] = await readInPlatform(db, (tx) =>
    Promise.all([repository.treeOf(tx, tenantId), repository.newest(tx, tenantId)]),
  )
  if (!tree) return 'its tree is not there'
  const kept = newest ? openCheckpoint(newest.note, verifiers) : { size: 0, root: emptyRoot }
  const wanted = kept.size < tree.size ? consistencyTiles(kept.size, tree.size) : []
  const tiles = await readInPlatform(db, (tx) =>
    repository.tilesOf(
      tx,
      wanted.map((tile) => ({ ...tile, tenantId })),
    ),
  )
  const reason = whyNot({ tenantId, ...tree }, kept, tiles.get(tenantId) ?? [])
  return reason === undefined ? kept.size : `this is no earlier state of it, but was changed: ${reason}`
}
