import { setImmediate } from 'node:timers/promises'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { grow, hashLeaf } from '@gatehouse/ledger/tree'
import type { Append, NewEntry } from '../entry.ts'
import { noteCopies, noteRemnants } from '../remnants.ts'
import { seal } from '../sealing.ts'
import { besideForgetting, type SubjectKeys } from '../subject-keys.ts'
import * as repository from './repository.ts'

/** So many entries are inserted at once. */
const piece = 100

/** One appender at a time has a tenant's tree: what follows its lock sees all that was appended before. */
export function createAppend(keys: SubjectKeys): Append {
  return async (tx, batch) => {
    const tenantIds = [...new Set(batch.map(({ tenantId }) => tenantId))].sort()
    // Sent together; PostgreSQL takes them in their order.
    const [, trees, recorded, subjects] = await Promise.all([
      besideForgetting(tx),
      repository.lockTrees(tx, tenantIds),
      repository.findRecorded(tx, batch),
      keys.ensure(tx, new Set(batch.flatMap((entry) => [originSubject(entry), detailsSubject(entry)]))),
    ])
    const missing = [...new Map(batch.map((entry) => [entry.id, entry])).values()].filter(
      ({ id }) => !recorded.has(id),
    )
    const chosen = new Set(missing)
    await noteCopies(
      tx,
      batch.filter((entry) => !chosen.has(entry)),
    )
    // Also what is recorded already and comes again, by another number.
    await noteRemnants(
      tx,
      batch.filter((entry) => isOfForgotten(entry, subjects)),
    )
    if (missing.length === 0) return

    const sealed: repository.StoredEntry[] = []
    const inserted: Promise<void>[] = []
    const insert = () => {
      const inserting = repository.insertEntries(tx, sealed.splice(0))
      // It is waited for when all are sealed.
      inserting.catch(() => undefined)
      inserted.push(inserting)
    }
    const growths: repository.Growth[] = []
    for (const [tenantId, added] of Map.groupBy(missing, (entry) => entry.tenantId)) {
      const tree = trees.get(tenantId)
      if (!tree) throw new Error(`the tree of ${tenantId} is not there`)
      const places = added.map((entry, n) => place(entry, tree.size + n, subjects))
      growths.push({ tenantId, ...grow(tree, places.map(leafHashOf)) })
      sealed.push(...places)
      if (sealed.length < piece) continue
      insert()
      // PostgreSQL takes these in while the next are sealed.
      await setImmediate()
    }
    if (sealed.length > 0) insert()
    await Promise.all([
      ...inserted,
      repository.growTrees(tx, growths),
      repository.noteActions(tx, actionsOf(missing)),
    ])
  }
}

/**
 * The actor's own, where they are a person; of an API key, its owner's; of what a service does, that of the person for whom
 * it does it.
 */
const originSubject = ({ actorType, actorId, owner, person, tenantId }: NewEntry) => {
  if (actorType === 'user') return actorId
  if (actorType === 'api_key') return owner ?? tenantId
  return actorType === 'service' ? (person ?? tenantId) : tenantId
}
const detailsSubject = ({ person, tenantId }: NewEntry) => person ?? tenantId

type Keys = ReadonlyMap<string, Buffer | null>

const isOfForgotten = (entry: NewEntry, keys: Keys) =>
  keys.get(originSubject(entry)) === null || keys.get(detailsSubject(entry)) === null

function place(entry: NewEntry, leafIndex: number, keys: Keys): repository.StoredEntry {
  const { origin, details, person: _, owner: _owner, ...clear } = entry
  const sealed = (part: 'origin' | 'details', subjectId: string, json: string | null) =>
    json === null ? null : { subjectId, ...seal(keys.get(subjectId) ?? null, `${part} of ${entry.id}`, json) }
  return {
    ...clear,
    leafIndex,
    origin: sealed('origin', originSubject(entry), origin),
    details: sealed('details', detailsSubject(entry), details),
  }
}

function leafHashOf({
  leafIndex,
  origin,
  details,
  sequence: _,
  aggregateVersion: __,
  ...clear
}: repository.StoredEntry) {
  const bytes = leafBytes({
    ...clear,
    index: leafIndex,
    originCommitment: origin?.commitment ?? null,
    detailsCommitment: details?.commitment ?? null,
  })
  return hashLeaf(bytes)
}

function actionsOf(batch: readonly NewEntry[]): repository.Action[] {
  const actions = batch.map(({ tenantId, action, resource }) => ({ tenantId, action, resource }))
  return [...new Map(actions.map((it) => [JSON.stringify(it), it])).values()]
}
