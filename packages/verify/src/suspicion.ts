import type { ExportedEntry, ExportedHash } from '@gatehouse/ledger/export'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { hashLeaf } from '@gatehouse/ledger/tree'

/** Base64: what the leaf of this entry hashes to, were it at `index`. */
export function leafHashOf(tenantId: string, entry: ExportedEntry, index: number = entry.index): string {
  return hashLeaf(leafBytes({ ...entry, tenantId, index })).toString('base64')
}

/**
 * The first entry that isn't what the tree has in its place. What became of it shows in the ones after it: whether what
 * belongs here stands further on, and whether what stands here belongs further on.
 */
export class Suspicion {
  readonly entry: ExportedEntry
  readonly #tenantId: string
  #standsLater = false
  #belongsLater = false

  constructor(tenantId: string, entry: ExportedEntry) {
    this.#tenantId = tenantId
    this.entry = entry
  }

  compare(later: ExportedEntry | ExportedHash): void {
    if (leafHashOf(this.#tenantId, this.entry, later.index) === later.leafHash) this.#belongsLater = true
    if ('id' in later && leafHashOf(this.#tenantId, later, this.entry.index) === this.entry.leafHash) {
      this.#standsLater = true
    }
  }

  get kind(): 'changed' | 'removed' | 'inserted' | 'reordered' {
    if (this.#standsLater) return this.#belongsLater ? 'reordered' : 'inserted'
    return this.#belongsLater ? 'removed' : 'changed'
  }
}
