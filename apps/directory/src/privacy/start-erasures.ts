import { createBell } from '@gatehouse/events/bell'
import { supervise } from '@gatehouse/events/supervise'
import { type ErasureDeps, runErasures } from './run-erasures.ts'

export interface Erasures {
  /** Looks at once for what is due. */
  hurry(): void
  /** How many requests should have been completed for an hour. */
  overdue(): number
  stop(): Promise<void>
}

const everyMs = 5_000

/** Goes on with erasure requests for as long as the process lives; replicas share the work. */
export function startErasures(deps: ErasureDeps): Erasures {
  const bell = createBell()
  let overdue = 0
  const { stop } = supervise({
    what: 'the erasure of people who asked for it',
    log: deps.log,
    session: async (stopping) => {
      stopping.addEventListener('abort', () => bell.ring())
      while (!stopping.aborted) {
        const run = await runErasures(deps)
        overdue = run.overdue
        if (run.due === 0) await bell.wait(everyMs)
      }
    },
  })
  return { hurry: () => bell.ring(), overdue: () => overdue, stop }
}
