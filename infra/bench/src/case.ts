import type { Platform } from '@gatehouse/local/platform'

/** What is measured, and what beside: figures of one round each, higher or lower being better as the case says. */
export interface Case {
  /** E.g. `P3`. */
  readonly id: string
  readonly title: string
  /** What the figures count, e.g. `requests/s`. */
  readonly unit: string
  readonly goal: Goal
  /** Makes what the rounds need; `dispose` ends it. */
  prepare(platform: Platform): Promise<Prepared>
}

/** A bound on ours ÷ reference, or on ours alone. */
export type Goal =
  | { readonly ratioAtLeast: number }
  | { readonly ratioAtMost: number }
  | { readonly atMost: number }
  | { readonly atLeast: number }

export interface Prepared {
  /** One round of ours. */
  ours(): Promise<number>
  /** One round of what ours is held against, under the same conditions. */
  reference?(): Promise<number>
  dispose(): Promise<void>
}
