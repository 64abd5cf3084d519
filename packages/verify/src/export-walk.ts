import {
  type ExportedEntry,
  type ExportedHash,
  type ExportHeader,
  parseExportEntry,
} from '@gatehouse/ledger/export'
import { emptyTree, grow, rootOf, type Tree } from '@gatehouse/ledger/tree'
import { disclosuresOf } from './disclosures.ts'
import { leafHashOf, Suspicion } from './suspicion.ts'

/** An entry that is wrong by itself or in its place, whatever any checkpoint says. */
export interface BadEntry {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'reordered'
  readonly index: number
  readonly text: string
}

/** What the entries of an export are, before they are held against checkpoints. */
export interface Walked {
  /** How many there are. */
  readonly entries: number
  /** The index after the largest. */
  readonly end: number
  /** The roots at the sizes that were asked for, so far as the entries stand in order. */
  readonly roots: ReadonlyMap<number, Buffer>
  readonly firstBad: BadEntry | undefined
  /** How many have no text any more, being past retention. */
  readonly pastRetention: number
  /** How many have personal data that was erased. */
  readonly erased: number
}

const batchSize = 1_024

/** Goes through the entries once, and keeps of them no more than the frontier of their tree. */
export class ExportWalk {
  readonly #header: ExportHeader
  readonly #sizes: number[]
  readonly #roots = new Map<number, Buffer>()
  #tree: Tree = emptyTree
  #pending: Buffer[] = []
  #entries = 0
  #end = 0
  #pastRetention = 0
  #erased = 0
  #firstBad: BadEntry | undefined
  #suspicion: Suspicion | undefined
  /** Where the entries are out of order first: beyond it the tree isn't known. */
  #disorder: { readonly expected: number; readonly found: number; expectedStandsLater: boolean } | undefined

  /** @param sizes where roots are wanted */
  constructor(header: ExportHeader, sizes: readonly number[]) {
    this.#header = header
    this.#sizes = [...new Set(sizes)].sort((a, b) => a - b)
    this.#growTree()
  }

  /** @throws {TypeError} if the line is no entry */
  read(line: string): void {
    const entry = parseExportEntry(line)
    this.#entries += 1
    this.#end = Math.max(this.#end, entry.index + 1)
    const expected = this.#tree.size + this.#pending.length
    if (this.#disorder) {
      if (entry.index === this.#disorder.expected) this.#disorder.expectedStandsLater = true
    } else if (entry.index !== expected) {
      this.#disorder = { expected, found: entry.index, expectedStandsLater: false }
    } else {
      this.#add(entry)
    }
  }

  end(): Walked {
    this.#growTree()
    return {
      entries: this.#entries,
      end: this.#end,
      roots: this.#roots,
      firstBad: this.#firstBad ?? this.#suspected() ?? this.#disordered(),
      pastRetention: this.#pastRetention,
      erased: this.#erased,
    }
  }

  #add(entry: ExportedEntry | ExportedHash) {
    const leafHash = Buffer.from(entry.leafHash, 'base64')
    if (leafHash.length !== 32) throw new TypeError('leafHash is not the base64 of 32 bytes')
    if (this.#suspicion) this.#suspicion.compare(entry)
    else if (!this.#firstBad) this.#check(entry)
    if (!('id' in entry)) this.#pastRetention += 1
    this.#pending.push(leafHash)
    const size = entry.index + 1
    if (this.#pending.length === batchSize || size === this.#sizes[0]) this.#growTree()
  }

  #check(entry: ExportedEntry | ExportedHash) {
    const { index } = entry
    if (!('id' in entry)) {
      if (index >= this.#header.retainedFrom) {
        this.#firstBad = {
          kind: 'removed',
          index,
          text: `Entry ${index} was removed: its hash is in the tree, it is not.`,
        }
      }
      return
    }
    if (leafHashOf(this.#header.tenantId, entry) !== entry.leafHash) {
      this.#suspicion = new Suspicion(this.#header.tenantId, entry)
      return
    }
    const { changed, isErased } = disclosuresOf(entry)
    if (isErased) this.#erased += 1
    if (changed) {
      this.#firstBad = {
        kind: 'changed',
        index,
        text: `Entry ${index} was changed: its ${changed} is not what it was.`,
      }
    }
  }

  #growTree() {
    this.#tree = grow(this.#tree, this.#pending).tree
    this.#pending = []
    if (this.#tree.size !== this.#sizes[0]) return
    this.#roots.set(this.#tree.size, rootOf(this.#tree))
    this.#sizes.shift()
  }

  #suspected(): BadEntry | undefined {
    if (!this.#suspicion) return undefined
    const { kind, entry } = this.#suspicion
    const text = {
      changed: `Entry ${entry.index} was changed: it is not what the tree has in its place.`,
      removed: `Entry ${entry.index} was removed, and those after it moved up.`,
      inserted: `Entry ${entry.index} was inserted: what belongs in its place stands after it.`,
      reordered: `Entry ${entry.index} was moved: it belongs further on, and what stands there belongs in its place.`,
    }[kind]
    return { kind, index: entry.index, text }
  }

  #disordered(): BadEntry | undefined {
    if (!this.#disorder) return undefined
    const { expected, found, expectedStandsLater } = this.#disorder
    if (found < expected) {
      return {
        kind: 'inserted',
        index: found,
        text: `Entry ${found} is there twice, the second time after entry ${expected - 1}.`,
      }
    }
    if (expectedStandsLater) {
      return {
        kind: 'reordered',
        index: expected,
        text: `Entry ${expected} was moved: it stands after entry ${found}.`,
      }
    }
    const missing = found - expected === 1 ? `Entry ${expected}` : `The entries ${expected} to ${found - 1}`
    return { kind: 'removed', index: expected, text: `${missing} before entry ${found} were removed.` }
  }
}
