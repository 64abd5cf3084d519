import { unsealKey } from './sealed-key.ts'
import type { TokenSigner } from './token-signer.ts'
import { type KeyDeps, turnKeys } from './turn-keys.ts'

interface FollowDeps extends KeyDeps {
  readonly signer: Pick<TokenSigner, 'use'>
  readonly log: Log
}

/** The part of a pino logger that is used here. */
interface Log {
  info(bindings: object, message: string): void
  warn(bindings: object, message: string): void
}

const pollMs = 15_000

/** Keeps this replica signing with the key whose turn it is. */
export interface SigningKeyFollower {
  /** Looks which key that is. @throws if there is no telling, or it doesn't open */
  turn(): Promise<void>
  stop(): Promise<void>
}

/** Looks for as long as the process lives, every 15 s: one small read. The first look is the caller's. */
export function followSigningKey(deps: FollowDeps): SigningKeyFollower {
  let kid: string | undefined
  let round: Promise<void> | undefined

  const turn = async () => {
    const key = await turnKeys(deps)
    if (key.kid === kid) return
    deps.signer.use({ kid: key.kid, privateJwk: await unsealKey(deps.seal, key) })
    kid = key.kid
    deps.log.info({ kid }, 'signing with another key')
  }
  const timer = setInterval(() => {
    round ??= turn()
      .catch((err: unknown) => deps.log.warn({ err }, 'could not look which key signs'))
      .finally(() => {
        round = undefined
      })
  }, pollMs).unref()

  return {
    turn,
    async stop() {
      clearInterval(timer)
      await round
    },
  }
}
