/** Lets a loop sleep until there is something to do. A ring that nobody waits for is not lost: the next wait is over at once. */
export interface Bell {
  ring(): void
  /** Forgets a ring that nobody waited for. */
  mute(): void
  /** Resolves at the next ring, after `ms` at the latest. */
  wait(ms: number): Promise<void>
}

export function createBell(): Bell {
  let rung = false
  let wake = () => {}
  return {
    ring() {
      rung = true
      wake()
    },
    mute() {
      rung = false
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rung = false
    },
  }
}
