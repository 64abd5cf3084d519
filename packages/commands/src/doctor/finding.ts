/** What a check has found. */
export interface Finding {
  readonly state: 'good' | 'bad' | 'unknown'
  readonly detail: string
  /** What to do about it. */
  readonly advice?: string
}

/** Looks after one thing; throws where it can't be found out. */
export type Check = () => Promise<Finding>

export const good = (detail: string): Finding => ({ state: 'good', detail })
export const bad = (detail: string, advice: string): Finding => ({ state: 'bad', detail, advice })
export const unknown = (detail: string, advice: string): Finding => ({ state: 'unknown', detail, advice })
