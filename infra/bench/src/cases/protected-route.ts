import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { nodeOptions } from '@gatehouse/local/services/services'
import { createTestIssuer, type TestIssuer } from '@gatehouse/testing/tokens'
import type { Case } from '../case.ts'
import { load } from '../load.ts'
import type { ServerStart } from '../servers/protected-route.ts'

const tokens = 500
const connections = 32
const seconds = 5

/**
 * What every check on a request costs: the same answer from memory, guarded and open. Counted by the processor time that
 * the server takes, since what makes the load may be slower than the server.
 */
export const protectedRoute: Case = {
  id: 'P3',
  title: 'protected route from memory, 500 live tokens, beside the same route open',
  unit: 'requests per CPU second',
  goal: { ratioAtLeast: 0.85 },
  async prepare() {
    const issuer = await createTestIssuer()
    const server = await startServer(issuer)
    const headers = await Promise.all(
      Array.from({ length: tokens }, () =>
        issuer.as({ permissions: ['users:read', 'roles:read', 'audit:read'] }),
      ),
    )
    const round = (path: string) => async () => {
      const before = await server.cpuSeconds()
      const answered = await load({ url: `${server.url}${path}`, headers, seconds, connections })
      return answered / ((await server.cpuSeconds()) - before)
    }
    return {
      ours: round('/protected'),
      reference: round('/open'),
      dispose: server.stop,
    }
  },
}

/** The server in a process of its own, so that the load doesn't share its thread. */
async function startServer({ issuer, jwks }: TestIssuer) {
  const child = fork(join(import.meta.dirname, '../servers/protected-route.ts'), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send({ issuer, jwks } satisfies ServerStart)
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
