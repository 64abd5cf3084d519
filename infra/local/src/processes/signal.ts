/**
 * Sends a signal to a process, or to a process group by its number below zero. One that has ended meanwhile is none to
 * tell: between looking and signalling anybody may end. Throws what else keeps a signal from being sent.
 */
export const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
