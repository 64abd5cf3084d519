import { type Dropping, droppingAction, parseDropping } from '@gatehouse/ledger/dropping'
import { parseRestart, type Restart, restartAction } from '@gatehouse/ledger/epoch'
import {
  type ExportedEntry,
  type ExportedHash,
  type ExportHeader,
  parseExportEntry,
} from '@gatehouse/ledger/export'
import { emptyTree, grow, rootOf, type Tree } from '@gatehouse/ledger/tree'
import {
  altered,
  type BadEntry,
  type Disorder,
  disordered,
  missing,
  suspected,
  unhashed,
} from './bad-entry.ts'
import { disclosuresOf } from './disclosures.ts'
import { leafHashOf, Suspicion } from './suspicion.ts'

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
  /** What the ledger says of how it was begun again, in its order. */
  readonly restarts: readonly FoundRestart[]
  /** The last that the ledger says of entries that were dropped. */
  readonly dropping: FoundDropping | undefined
}

export interface FoundDropping extends Dropping {
  readonly index: number
  /** RFC 3339. */
  readonly at: string
}

export interface FoundRestart extends Restart {
  readonly index: number
  /** RFC 3339. */
  readonly at: string
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
  readonly #restarts: FoundRestart[] = []
  #dropping: FoundDropping | undefined
  #firstBad: BadEntry | undefined
  #suspicion: Suspicion | undefined
  #disorder: Disorder | undefined
  #isTreeBroken = false

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
    if (this.#isTreeBroken) return
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
      restarts: this.#restarts,
      dropping: this.#dropping,
    }
  }

  #add(entry: ExportedEntry | ExportedHash) {
    const leafHash = Buffer.from(entry.leafHash, 'base64')
    if (leafHash.length !== 32) {
      this.#isTreeBroken = true
      if (!this.#suspicion) this.#firstBad ??= unhashed(entry.index)
      return
    }
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
      else this.#firstBad = missing(index)
    } else if (leafHashOf(this.#header.tenantId, entry) !== entry.leafHash) {
      this.#suspicion = new Suspicion(this.#header.tenantId, entry)
    } else {
      const { changed, isErased } = disclosuresOf(entry)
      if (isErased) this.#erased += 1
      if (changed) this.#firstBad = altered(index, changed)
      else this.#noteWhatItSays(entry)
    }
  }

  /** What the ledger says of itself. */
  #noteWhatItSays({ index, action, service, occurredAt: at, details }: ExportedEntry) {
    if (service !== 'audit') return
    const metadata = () => (details?.value as { metadata?: unknown } | undefined)?.metadata
    const restart = action === restartAction ? parseRestart(metadata()) : undefined
    if (restart) this.#restarts.push({ ...restart, index, at })
    const dropping = action === droppingAction ? parseDropping(metadata()) : undefined
    if (dropping) this.#dropping = { ...dropping, index, at }
  }

  #growTree() {
    this.#tree = grow(this.#tree, this.#pending).tree
    this.#pending = []
    if (this.#tree.size !== this.#sizes[0]) return
    this.#roots.set(this.#tree.size, rootOf(this.#tree))
    this.#sizes.shift()
  }
}
