import type { FoundDropping } from './export-walk.ts'
import type { NamedCheckpoint } from './named-checkpoint.ts'

export interface Report {
  /**
   * `restored` where nothing is wrong but that the ledger was begun again after a backup was restored, and what was signed
   * of its end is gone; `unchecked` where nothing was found to be wrong, but not everything could be read.
   */
  readonly verdict: 'good' | 'restored' | 'tampered' | 'unchecked'
  /** What is wrong, in the order of the entries that it concerns. */
  readonly problems: readonly Problem[]
  readonly tenantId: string | undefined
  /** The export's own checkpoint, if one of the keys signed it. */
  readonly checkpoint: NamedCheckpoint | undefined
  /** Those kept outside that the entries agree with. */
  readonly agreeing: readonly NamedCheckpoint[]
  readonly entries: number
  /** How many have no text any more, being past retention. */
  readonly pastRetention: number
  /** The last that the ledger itself says of entries that were dropped. */
  readonly dropping: FoundDropping | undefined
  /** How many have personal data that was erased. */
  readonly erased: number
}

export interface Problem {
  readonly kind:
    | 'changed'
    | 'removed'
    | 'inserted'
    | 'reordered'
    | 'cut off'
    /** What the export's checkpoint signs is another ledger than these entries, in which no single one is wrong. */
    | 'rewritten'
    /** The entries are what their checkpoint signs, and yet another history was signed before. */
    | 'forked'
    | 'not signed'
    /** What was signed before the ledger was begun again is gone. */
    | 'restored'
    | 'another ledger'
    | 'unreadable'
  /** Where the first bad entry is: from this index to before that. */
  readonly entries?: { readonly from: number; readonly to: number }
  readonly text: string
}

/** Where the export doesn't even have a header. */
export function nothingRead(text: string): Report {
  const nothing = {
    tenantId: undefined,
    checkpoint: undefined,
    agreeing: [],
    entries: 0,
    pastRetention: 0,
    dropping: undefined,
    erased: 0,
  }
  return { verdict: 'unchecked', problems: [{ kind: 'unreadable', text }], ...nothing }
}

/** The report for a person to read. */
export function wordsOf(report: Report): string {
  const { verdict, tenantId, problems } = report
  if (verdict === 'good') {
    return [
      `GOOD. The ledger of tenant ${tenantId} is complete, in order and unchanged.`,
      ...factsOf(report),
    ].join('\n')
  }
  const headline = {
    restored:
      'CUT. A part of what was signed is gone, and the ledger says so; the rest is complete and unchanged.',
    tampered: 'TAMPERED WITH. This is not what the ledger held.',
    unchecked: 'COULD NOT CHECK. Whether this is what the ledger held is not known.',
  }[verdict]
  const facts = tenantId === undefined ? [] : factsOf(report)
  return [headline, ...problems.map(({ text }) => `  - ${text}`), ...facts].join('\n')
}

function factsOf(report: Report) {
  const { checkpoint, agreeing, entries, pastRetention, erased } = report
  const facts = [['entries read', `${entries}`]]
  if (checkpoint) {
    const signers = checkpoint.signedBy.map(({ name, id }) => `${name}+${id}`).join(', ')
    facts.push(['its checkpoint', `${checkpoint.origin} at ${checkpoint.size} entries, signed by ${signers}`])
  }
  const kept = agreeing.map(({ name, size }) => `${name} (${size} entries)`).join(', ')
  facts.push([
    'kept outside',
    kept ? `agrees with ${kept}` : 'no checkpoint that agrees: what was signed may have been replaced',
  ])
  if (pastRetention > 0) facts.push(['past retention', wordsOfDropped(report)])
  if (erased > 0) facts.push(['erased', `${erased} entries, whose personal data is gone`])
  return facts.map(([name = '', fact]) => `  ${name.padEnd(15)} ${fact}`)
}

function wordsOfDropped({ pastRetention, dropping }: Report) {
  const words = `${pastRetention} entries, of which the hash is left`
  if (!dropping) return `${words}; the ledger does not say that they were dropped`
  const { index, at, days, retainedFrom, entries } = dropping
  return `${words}; entry ${index} (${at}) says that those of more than ${days} days were dropped, up to entry ${retainedFrom - 1}, the last ${entries} with it`
}
