import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { nodeOptions } from '@gatehouse/local/services/services'
import type { ServerStart } from './servers/protected-route.ts'

/** A server with a guarded and an open route, in a process of its own, so that the load doesn't share its thread. */
export async function startProtectedServer({ issuer, jwks, tokenOfKey }: ServerStart) {
  const child = fork(join(import.meta.dirname, 'servers/protected-route.ts'), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send({ issuer, jwks, tokenOfKey } satisfies ServerStart)
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
