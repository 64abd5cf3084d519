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

/** Where the entries are out of order first: beyond it the tree isn't known. */
interface Disorder {
  readonly expected: number
  readonly found: number
  expectedStandsLater: boolean
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
  #disorder: Disorder | undefined

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
      firstBad:
        this.#firstBad ??
        (this.#suspicion && suspected(this.#suspicion)) ??
        (this.#disorder && disordered(this.#disorder)),
      pastRetention: this.#pastRetention,
      erased: this.#erased,
    }
  }

  #add(entry: ExportedEntry | ExportedHash) {
    const leafHash = Buffer.from(entry.leafHash, 'base64')
    if (leafHash.length !== 32) throw new TypeError('leafHash is not the base64 of 32 bytes')
    if (this.#suspicion) this.#suspicion.compare(entry)
    else if (!this.#firstBad) this.#check(entry)
    this.#pending.push(leafHash)
    const size = entry.index + 1
    if (this.#pending.length === batchSize || size === this.#sizes[0]) this.#growTree()
  }

  #check(entry: ExportedEntry | ExportedHash) {
    const { index } = entry
    if (!('id' in entry)) {
      if (index < this.#header.retainedFrom) this.#pastRetention += 1
      else
        this.#found(
          'removed',
          index,
          `Entry ${index} was removed: its hash is in the tree, and it is not there.`,
        )
    } else if (leafHashOf(this.#header.tenantId, entry) !== entry.leafHash) {
      this.#suspicion = new Suspicion(this.#header.tenantId, entry)
    } else {
      const { changed, isErased } = disclosuresOf(entry)
      if (isErased) this.#erased += 1
      if (changed)
        this.#found('changed', index, `Entry ${index} was changed: its ${changed} is not what it was.`)
    }
  }

  #found(kind: BadEntry['kind'], index: number, text: string) {
    this.#firstBad = { kind, index, text }
  }

  #growTree() {
    this.#tree = grow(this.#tree, this.#pending).tree
    this.#pending = []
    if (this.#tree.size !== this.#sizes[0]) return
    this.#roots.set(this.#tree.size, rootOf(this.#tree))
    this.#sizes.shift()
  }
}

function suspected({ kind, entry: { index } }: Suspicion): BadEntry {
  const what = {
    changed: 'changed: it is not what the tree has in its place',
    removed: 'removed, and those after it moved up',
    inserted: 'inserted: what belongs in its place stands after it',
    reordered: 'moved: it belongs further on, and what stands there belongs in its place',
  }[kind]
  return { kind, index, text: `Entry ${index} was ${what}.` }
}

function disordered({ expected, found, expectedStandsLater }: Disorder): BadEntry {
  if (found < expected) {
    const text = `Entry ${found} is there twice, the second time after entry ${expected - 1}.`
    return { kind: 'inserted', index: found, text }
  }
  if (expectedStandsLater) {
    const text = `Entry ${expected} was moved: it stands after entry ${found}.`
    return { kind: 'reordered', index: expected, text }
  }
  const missing =
    found - expected === 1 ? `Entry ${expected} was` : `The entries ${expected} to ${found - 1} were`
  return { kind: 'removed', index: expected, text: `${missing} removed: entry ${found} comes next.` }
}
