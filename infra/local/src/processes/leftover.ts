import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { platform } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { signalIfThere } from './signal.ts'

const execute = promisify(execFile)

/**
 * Ends the process that a pid file names, if it still runs and its command line holds `mark`: after a kill -9 and a
 * restart of the machine the number may be another program's. Waits until it is gone, at most 5 s before it is killed.
 */
export const endLeftover = async (pidFile: string, mark: string): Promise<void> => {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10)
  for (let waited = 0; pid > 1 && (await commandLine(pid)).includes(mark); waited += 50) {
    if (waited === 0) signalIfThere(pid, 'SIGINT')
    if (waited === 5000) signalIfThere(pid, 'SIGKILL')
    await delay(50)
  }
}

// Empty when there is no such process, and for one that has ended but was not yet reaped.
const commandLine = async (pid: number) => {
  const words =
    platform === 'linux'
      ? readFile(`/proc/${pid}/cmdline`, 'utf8')
      : execute('ps', ['-o', 'args=', '-p', `${pid}`]).then(({ stdout }) => stdout)
  return (await words.catch(() => '')).replaceAll('\0', ' ')
}
