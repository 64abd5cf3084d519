import { parseOrigin } from '@gatehouse/ledger/epoch'
import type { FoundRestart } from './export-walk.ts'
import type { NamedCheckpoint } from './named-checkpoint.ts'
import type { Problem } from './report.ts'

/**
 * Of checkpoints that the entries don't agree with those that are of before the ledger was begun again, and cover more than
 * it says is left of that: each with what was cut off.
 */
export function cutsOf(
  differing: readonly NamedCheckpoint[],
  restarts: readonly FoundRestart[],
): Map<NamedCheckpoint, Problem> {
  const cuts = differing.flatMap((checkpoint) => {
    const epoch = parseOrigin(checkpoint.origin)?.epoch ?? 0
    const [restart] = restarts
      .filter((it) => it.epoch > epoch)
      .toSorted((a, b) => a.agreesUpTo - b.agreesUpTo)
    return restart && checkpoint.size > restart.agreesUpTo
      ? [[checkpoint, cut(checkpoint, restart)] as const]
      : []
  })
  return new Map(cuts)
}

function cut({ name, size }: NamedCheckpoint, { index, at, agreesUpTo, signedSize }: FoundRestart): Problem {
  const left = agreesUpTo === 0 ? 'none of those before' : `those before, up to ${agreesUpTo - 1},`
  const text =
    `A backup was restored: entry ${index} (${at}) says that the ledger was begun again, when ${signedSize} entries had been ` +
    `signed. Entries ${agreesUpTo} to ${size - 1}, which ${name} covers, are not what was signed: they are lost, or were ` +
    `recorded anew behind it; ${left} ${agreesUpTo === 0 ? 'is' : 'are'} as they were.`
  return { kind: 'restored', entries: { from: agreesUpTo, to: size }, text }
}
