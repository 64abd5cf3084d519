import { createTestIssuer } from '@gatehouse/testing/tokens'
import type { Case } from '../case.ts'
import { load } from '../load.ts'
import { startProtectedServer } from '../protected-server.ts'

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
    const server = await startProtectedServer({ ...issuer, tokenOfKey: {} })
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
