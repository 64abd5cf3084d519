import { parseOrigin } from '@gatehouse/ledger/epoch'
import type { Walked } from './export-walk.ts'
import { isOpened, type NamedCheckpoint } from './named-checkpoint.ts'
import type { Problem, Report } from './report.ts'
import { cutsOf } from './restarts.ts'

/** What there is to judge by: the entries, and checkpoints or why they are not to be believed. */
export interface Evidence {
  readonly tenantId: string
  /** The export's own. */
  readonly own: NamedCheckpoint | string
  readonly kept: readonly (NamedCheckpoint | string)[]
  readonly walked: Walked
  /** Why the export could not be read to its end. */
  readonly unreadable: string | undefined
}

export function judge({ tenantId, own, kept, walked, unreadable }: Evidence): Report {
  const origin = isOpened(own) ? own.origin : undefined
  const isOfLedger = (checkpoint: NamedCheckpoint) =>
    isOf(checkpoint, tenantId) && isSameLedger(checkpoint.origin, origin ?? checkpoint.origin)
  const everyone = [own, ...kept].filter(isOpened)
  const cuts = cutsOf(
    everyone.filter((it) => isOfLedger(it) && !agrees(it, walked)),
    walked.restarts,
  )
  const opened = everyone.filter((checkpoint) => !cuts.has(checkpoint))
  const checkpoints = opened.filter(isOfLedger).toSorted((a, b) => a.size - b.size)
  const problems: Problem[] = [
    ...badEntries(walked, checkpoints, own),
    ...(unreadable === undefined ? wrongLength(walked.end, checkpoints, own) : []),
    ...opened
      .filter((checkpoint) => !isOfLedger(checkpoint))
      .map((stranger) => otherLedger(stranger, tenantId)),
  ]
  if (!isOpened(own)) problems.push({ kind: 'not signed', text: own })
  for (const text of [...kept, unreadable]) {
    if (typeof text === 'string') problems.push({ kind: 'unreadable', text })
  }
  problems.push(...new Set(cuts.values()))
  const isTampered = problems.some(({ kind }) => kind !== 'unreadable' && kind !== 'restored')
  return {
    verdict: isTampered ? 'tampered' : verdictOf(problems),
    problems,
    tenantId,
    checkpoint: isOpened(own) ? own : undefined,
    agreeing: checkpoints.filter((checkpoint) => checkpoint !== own && agrees(checkpoint, walked)),
    entries: walked.entries,
    pastRetention: walked.pastRetention,
    dropping: walked.dropping,
    erased: walked.erased,
  }
}

function verdictOf(problems: readonly Problem[]) {
  if (problems.some(({ kind }) => kind === 'unreadable')) return 'unchecked'
  return problems.length > 0 ? 'restored' : 'good'
}

const isOf = ({ origin }: NamedCheckpoint, tenantId: string) => parseOrigin(origin)?.tenantId === tenantId

/** Whether one is of the ledger of the other, or of one that this goes on from. */
function isSameLedger(earlier: string, later: string) {
  const [a, b] = [parseOrigin(earlier), parseOrigin(later)]
  return a !== undefined && b !== undefined && a.name === b.name && a.epoch <= b.epoch
}

const agrees = ({ size, root }: NamedCheckpoint, { roots }: Walked) => roots.get(size)?.equals(root) === true

/**
 * The first bad entry. Where entries are changed and their hashes with them, no single one shows: it is after the largest
 * checkpoint that agrees, and before the smallest that doesn't.
 * @param checkpoints smallest first
 */
function badEntries(
  walked: Walked,
  checkpoints: readonly NamedCheckpoint[],
  own: NamedCheckpoint | string,
): Problem[] {
  const { firstBad, roots } = walked
  const compared = checkpoints.filter(({ size }) => roots.has(size))
  const differing = compared.find((checkpoint) => !agrees(checkpoint, walked))
  const before = differing?.size ?? Number.POSITIVE_INFINITY
  const proven = compared.findLast((checkpoint) => checkpoint.size < before && agrees(checkpoint, walked))
  const from = proven?.size ?? 0
  if (firstBad && (!differing || firstBad.index <= from)) {
    const { kind, index, text } = firstBad
    return [{ kind, entries: { from: index, to: index + 1 }, text }]
  }
  if (!differing) return []

  const to = Math.min(firstBad ? firstBad.index + 1 : before, before)
  const since = proven
    ? `those before are as ${proven.name} has them`
    : 'no checkpoint vouches for any before'
  const where = `The first bad entry is one of ${from} to ${to - 1}: ${since}, and at ${before} they are not what ${differing.name} has.`
  const found = firstBad
    ? { kind: firstBad.kind, text: `${firstBad.text} Hashes were changed too.` }
    : isOpened(own) && agrees(own, walked)
      ? { kind: 'forked' as const, text: 'The history is forked: another was signed before than this one.' }
      : { kind: 'rewritten' as const, text: 'Entries were changed, and their hashes with them.' }
  return [{ kind: found.kind, entries: { from, to }, text: `${found.text} ${where}` }]
}

/** @param end the index after the last entry's */
function wrongLength(
  end: number,
  checkpoints: readonly NamedCheckpoint[],
  own: NamedCheckpoint | string,
): Problem[] {
  const longest = checkpoints.at(-1)
  if (longest && end < longest.size) {
    const entries = { from: end, to: longest.size }
    const older = longest === own ? '' : ' (or the export is older than that checkpoint: then make another)'
    const text = `The end is cut off: entries ${end} to ${longest.size - 1} are missing, which ${longest.name} covers${older}.`
    return [{ kind: 'cut off', entries, text }]
  }
  if (isOpened(own) && end > own.size) {
    const text = `Entries ${own.size} to ${end - 1} were inserted at the end: the export's own checkpoint covers ${own.size}.`
    return [{ kind: 'inserted', entries: { from: own.size, to: end }, text }]
  }
  return []
}

function otherLedger({ name, origin }: NamedCheckpoint, tenantId: string): Problem {
  return {
    kind: 'another ledger',
    text: `The export is of tenant ${tenantId}, and ${name} is of the ledger ${origin}.`,
  }
}
