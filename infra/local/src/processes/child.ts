import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { endLeftover } from './leftover.ts'
import { outliveNever } from './reaper.ts'
import { signalIfThere } from './signal.ts'

interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Whom to run as, when this process is root. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
  /** The signal that asks for an orderly end. */
  readonly stopSignal: 'INT' | 'TERM'
  /** Gets each line of standard output and standard error. */
  readonly onLine: (line: string) => void
  /** Where its number is kept, so that one that a killed process left over is ended before a new one starts. */
  readonly pidFile?: string
}

export interface Child {
  readonly pid: number
  /** Says in a few words how it ended, once it has. */
  readonly ended: Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Asks for an orderly end and, `patienceMs` later, ends its whole process group. */
  stop(patienceMs: number): Promise<void>
}

/**
 * Starts a program in a session of its own, so that signals of the terminal reach only us and we say in which order
 * things end; it never outlives this process. Throws when the program cannot be started.
 */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  const { command, args, env, cwd, user, stopSignal, onLine, pidFile } = options
  if (pidFile) await endLeftover(pidFile, args.join(' '))
  const child = spawn(command, args, { env, cwd, ...user, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child, 'spawn')
  const pid = child.pid as number
  if (pidFile) await writeFile(pidFile, `${pid}\n`)
  const release = outliveNever(pid, stopSignal)
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', onLine)
  const ended = once(child, 'close').then(([code, signal]) => {
    release()
    return signal === null ? `exit code ${code}` : `signal ${signal}`
  })
  const running = () => child.exitCode === null && child.signalCode === null
  return {
    pid,
    ended,
    signal: (name) => void child.kill(name),
    async stop(patienceMs) {
      if (running()) child.kill(`SIG${stopSignal}`)
      const timer = setTimeout(() => signalIfThere(-pid, 'SIGKILL'), patienceMs)
      await ended
      clearTimeout(timer)
    },
  }
}
