import {
  type ExportedEntry,
  type ExportedHash,
  type ExportHeader,
  exportFormat,
  exportVersion,
} from '@gatehouse/ledger/export'
import { type Tile, tileWidth } from '@gatehouse/ledger/tiles'
import { notSignedYet } from '../errors.ts'
import { leafOfEntry } from '../leaf-of-entry.ts'
import { type Opened, open } from '../opening.ts'
import type { SubjectKeys } from '../subject-keys.ts'
import type { View } from '../viewing.ts'
import * as repository from './repository.ts'

const tilesAtOnce = 2

/**
 * The whole ledger of a tenant up to its newest checkpoint, as packages/verify reads it, some hundred lines at a time. It
 * reads on only when they are taken, and holds no connection meanwhile.
 * @throws notSignedYet
 */
export async function exportLedger(keys: SubjectKeys, { read }: View, tenantId: string) {
  const [checkpoint, retainedFrom] = await read((tx) =>
    Promise.all([repository.newest(tx, tenantId), repository.retainedFrom(tx, tenantId)]),
  )
  if (!checkpoint) throw notSignedYet({ headers: { 'retry-after': '1' } })
  const header: ExportHeader = {
    format: exportFormat,
    version: exportVersion,
    tenantId,
    checkpoint: checkpoint.note,
    retainedFrom,
  }
  return lines()

  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(header)}\n`
    const { size } = checkpoint ?? { size: 0 }
    const step = tilesAtOnce * tileWidth
    for (let from = 0; from < size; from += step) {
      const to = Math.min(from + step, size)
      const [entries, tiles] = await read((tx) =>
        Promise.all([
          repository.entriesBetween(tx, tenantId, from, to),
          repository.tilesOf(tx, leafTiles(tenantId, from, to)),
        ]),
      )
      const some = await linesOf(keys, entries, { from, to, hashes: leafHashes(tiles.get(tenantId) ?? []) })
      yield some.map((line) => `${JSON.stringify(line)}\n`).join('')
    }
  }
}

const leafTiles = (tenantId: string, from: number, to: number): repository.Wanted[] =>
  Array.from({ length: Math.ceil((to - from) / tileWidth) }, (_, n) => ({
    tenantId,
    level: 0,
    index: from / tileWidth + n,
  }))

interface Stretch {
  readonly from: number
  readonly to: number
  /** Base64, of the leaf at an index, as the tree has it. */
  readonly hashes: (index: number) => string
}

function leafHashes(tiles: readonly Tile[]) {
  const byIndex = new Map(tiles.map(({ index, hashes }) => [index, Buffer.from(hashes)]))
  return (index: number) => {
    const tile = byIndex.get(Math.floor(index / tileWidth))
    const start = 32 * (index % tileWidth)
    return tile?.subarray(start, start + 32).toString('base64') ?? ''
  }
}

/** A line for each entry as the database has it, and one for each place where it has none. */
async function linesOf(
  keys: SubjectKeys,
  entries: readonly repository.Entry[],
  { from, to, hashes }: Stretch,
) {
  const byIndex = Map.groupBy(entries, ({ leafIndex }) => leafIndex)
  const places = Array.from({ length: to - from }, (_, n) => from + n)
  const lines = places.map(async (index): Promise<(ExportedEntry | ExportedHash)[]> => {
    const leafHash = hashes(index)
    const there = byIndex.get(index) ?? []
    if (there.length === 0) return [{ index, leafHash }]
    return Promise.all(there.map((entry) => exported(keys, entry, leafHash)))
  })
  return (await Promise.all(lines)).flat()
}

async function exported(
  keys: SubjectKeys,
  entry: repository.Entry,
  leafHash: string,
): Promise<ExportedEntry> {
  const { origin, details } = await open(keys, entry)
  const { tenantId: _, ...leaf } = leafOfEntry(entry)
  return { ...leaf, origin: disclosed(origin), details: disclosed(details), leafHash }
}

const disclosed = (part: Opened<object> | null) =>
  part && { salt: part.salt.toString('base64'), value: part.value }
