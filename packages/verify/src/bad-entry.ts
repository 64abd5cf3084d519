import type { Suspicion } from './suspicion.ts'

/** An entry that is wrong by itself or in its place, whatever any checkpoint says. */
export interface BadEntry {
  readonly kind: 'changed' | 'removed' | 'inserted' | 'reordered'
  readonly index: number
  readonly text: string
}

/** Where the entries are out of order first: beyond it the tree isn't known. */
export interface Disorder {
  readonly expected: number
  readonly found: number
  expectedStandsLater: boolean
}

export function missing(index: number): BadEntry {
  return {
    kind: 'removed',
    index,
    text: `Entry ${index} was removed: the tree has its hash, and it is not there.`,
  }
}

export function unhashed(index: number): BadEntry {
  return { kind: 'removed', index, text: `Entry ${index} was removed from the tree: its hash is not there.` }
}

export function altered(index: number, part: 'origin' | 'details'): BadEntry {
  return {
    kind: 'changed',
    index,
    text: `Entry ${index} was changed: its ${part} is not what the tree commits to.`,
  }
}

export function suspected({ kind, entry: { index } }: Suspicion): BadEntry {
  const what = {
    changed: 'changed: it is not what the tree has in its place',
    removed: 'removed, and those after it moved up',
    inserted: 'inserted: what belongs in its place stands after it',
    reordered: 'moved: it belongs further on, and what stands there belongs in its place',
  }[kind]
  return { kind, index, text: `Entry ${index} was ${what}.` }
}

export function disordered({ expected, found, expectedStandsLater }: Disorder): BadEntry {
  if (found < expected) {
    const text = `Entry ${found} is there twice, the second time after entry ${expected - 1}.`
    return { kind: 'inserted', index: found, text }
  }
  if (expectedStandsLater) {
    const text = `Entry ${expected} was moved: it stands after entry ${found}.`
    return { kind: 'reordered', index: expected, text }
  }
  const text = `Entry ${expected} was removed: entry ${found} comes in its place.`
  return { kind: 'removed', index: expected, text }
}
