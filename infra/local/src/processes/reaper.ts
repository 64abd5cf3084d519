import { type ChildProcess, spawn } from 'node:child_process'

// The last line read is the list that counts. When the pipe closes, whatever is still on it is ended.
const script = `
while read -r line; do list=$line; done
for entry in $list; do kill -s "\${entry%%:*}" "\${entry##*:}"; done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  alive=
  for entry in $list; do kill -0 "\${entry##*:}" && alive=1; done
  [ -z "$alive" ] && exit
  sleep 0.1
done
for entry in $list; do kill -s KILL "-\${entry##*:}" || kill -s KILL "\${entry##*:}"; done
`

const charges = new Map<number, string>()
let reaper: ChildProcess | undefined

/**
 * Ends a child with the given signal when this process is gone, however it went: a shell of a few hundred kilobytes
 * waits at the other end of a pipe, and the kernel closes that pipe even after a SIGKILL. What still runs 3 s after its
 * signal is killed with its process group. Returns what to call once the child has ended by itself.
 */
export const outliveNever = (pid: number, signal: 'INT' | 'TERM'): (() => void) => {
  charges.set(pid, signal)
  tell()
  return () => {
    charges.delete(pid)
    tell()
  }
}

const tell = () => {
  reaper ??= startReaper()
  const list = [...charges].map(([pid, signal]) => `${signal}:${pid}`).join(' ')
  reaper.stdin?.write(`${list}\n`)
}

const startReaper = () => {
  // Detached: a session of its own, so the terminal's Ctrl-C and a signal to our process group pass it by.
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  return child
}
