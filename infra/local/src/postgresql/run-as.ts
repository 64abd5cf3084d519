import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunAs {
  /** The unprivileged user, or undefined when this process isn't root: then everything runs as it does. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  /** How to start a program as that user. */
  command(
    program: string,
    args: readonly string[],
  ): { command: string; args: readonly string[]; user: RunAs['user'] }
}

/**
 * Finds whom to run PostgreSQL as, which refuses to be root: `postgres` where there is such a user, else `nobody`. Where
 * a folder on the way is closed to that user (a checkout below /root), `setpriv` lets it pass and nothing is chmod'ed.
 */
export const runAs = async (paths: readonly string[]): Promise<RunAs> => {
  if (process.getuid?.() !== 0)
    return { user: undefined, command: (command, args) => ({ command, args, user: undefined }) }
  const user = (await idsOf('postgres')) ?? (await idsOf('nobody'))
  if (user === undefined)
    throw new Error(
      'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it as.',
    )
  const open = await Promise.all(paths.map((path) => isReachable(path, user)))
  if (open.every(Boolean)) return { user, command: (command, args) => ({ command, args, user }) }
  const capabilities = ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override']
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  return {
    user,
    command: (program, args) => ({
      command: 'setpriv',
      args: [...ids, ...capabilities, program, ...args],
      user: undefined,
    }),
  }
}

const idsOf = async (name: string) => {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map((option) =>
      execute('id', [option, name]).then(
        ({ stdout }) => Number(stdout),
        () => undefined,
      ),
    ),
  )
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

/** Whether the user may pass through every folder above `path`, going by their modes alone. */
const isReachable = async (path: string, { uid, gid }: { uid: number; gid: number }): Promise<boolean> => {
  const folder = dirname(path)
  const { mode, uid: owner, gid: group } = await stat(folder)
  const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001
  if ((mode & bit) === 0) return false
  return folder === dirname(folder) || isReachable(folder, { uid, gid })
}
