import type { Log } from '@gatehouse/events/log'

/** Does work that nobody waits for. What goes wrong in it is logged. */
export type Background = (what: string, work: () => Promise<unknown>) => void

/** @returns how to start such work, and what to wait for before the process ends */
export function createBackground(log: Log): { background: Background; settled(): Promise<void> } {
  const running = new Set<Promise<void>>()
  return {
    background(what, work) {
      const done = work().then(
        () => {},
        (err: unknown) => log.warn({ err }, `${what} failed`),
      )
      running.add(done)
      done.then(() => running.delete(done))
    },
    async settled() {
      await Promise.all(running)
    },
  }
}
