import { createBell } from '@gatehouse/events/bell'
import { supervise } from '@gatehouse/events/supervise'
import { type Refused, type Signing, signTrees } from './sign-trees.ts'

/** How often it is looked for ledgers that have grown: well within the second in which a checkpoint is promised. */
const everyMs = 400

export interface Signer {
  /** How many ledgers don't follow from what was signed of them: any but 0 means that somebody has changed the database. */
  refused(): number
  /** How long ago all that had grown was looked at, to be signed; since the process began, while it never was. */
  ageSeconds(): number
  stop(): Promise<void>
}

/** Signs what has grown, for as long as the process lives; NATS or the database may come late, or go and come back. */
export function startSigning(signing: Signing): Signer {
  let refused: Refused = new Map()
  let signedAt = performance.now()
  const session = async (stopping: AbortSignal) => {
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      const startedAt = performance.now()
      const found = await signTrees(signing)
      for (const [tenantId, reason] of found) {
        if (!refused.has(tenantId))
          signing.log.error({ tenantId, reason }, 'a ledger was changed, and is signed no more')
      }
      refused = found
      signedAt = startedAt
      await bell.wait(everyMs)
    }
  }
  const supervised = supervise({ what: 'the signing of ledgers', log: signing.log, session })
  return {
    refused: () => refused.size,
    ageSeconds: () => (performance.now() - signedAt) / 1_000,
    stop: supervised.stop,
  }
}
