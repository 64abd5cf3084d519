import type { Platform } from '@gatehouse/local/platform'
import type { Case, Goal } from './case.ts'

export interface Result {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly ours: Spread
  readonly reference: Spread | undefined
  /** Median of ours ÷ median of the reference. */
  readonly ratio: number | undefined
  readonly goal: string
  readonly holds: boolean
}

interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Runs a case: one round of each to warm up, then ours and the reference in turn (A B A B …), `rounds` of each. */
export async function runCase(benchmark: Case, platform: Platform, rounds: number): Promise<Result> {
  const prepared = await benchmark.prepare(platform)
  try {
    await prepared.ours()
    await prepared.reference?.()
    const ours: number[] = []
    const reference: number[] = []
    for (let round = 0; round < rounds; round++) {
      ours.push(await prepared.ours())
      if (prepared.reference) reference.push(await prepared.reference())
    }
    return resultOf(benchmark, spreadOf(ours), reference.length > 0 ? spreadOf(reference) : undefined)
  } finally {
    await prepared.dispose()
  }
}

function resultOf({ id, title, unit, goal }: Case, ours: Spread, reference: Spread | undefined): Result {
  const ratio = reference && ours.median / reference.median
  return {
    id,
    title,
    unit,
    ours,
    reference,
    ratio,
    goal: wordsOf(goal, unit),
    holds: holds(goal, ours.median, ratio),
  }
}

function wordsOf(goal: Goal, unit: string) {
  if ('ratioAtLeast' in goal) return `≥ ${goal.ratioAtLeast} × reference`
  if ('ratioAtMost' in goal) return `≤ ${goal.ratioAtMost} × reference`
  if ('atLeast' in goal) return `≥ ${goal.atLeast} ${unit}`
  return `≤ ${goal.atMost} ${unit}`
}

function holds(goal: Goal, median: number, ratio: number | undefined) {
  if ('ratioAtLeast' in goal) return ratio !== undefined && ratio >= goal.ratioAtLeast
  if ('ratioAtMost' in goal) return ratio !== undefined && ratio <= goal.ratioAtMost
  if ('atLeast' in goal) return median >= goal.atLeast
  return median <= goal.atMost
}

function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (position: number) => sorted[position] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  }
}
