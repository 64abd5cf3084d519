import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { nodeOptions } from '@gatehouse/local/services/services'

/**
 * Starts a server of `servers/` as a process of its own, so that nothing else shares its thread; in a session of its own,
 * as the services are, because Linux shares out the processors by sessions.
 */
export async function forkServer(name: 'upstream' | 'bare-proxy', start: object = {}) {
  const child = fork(join(import.meta.dirname, `servers/${name}.ts`), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  child.send(start)
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async cpuSeconds() {
      child.send('cpu')
      const [seconds] = (await once(child, 'message')) as [number]
      return seconds
    },
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
