import { inPlatform } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import { type CompletionDeps, completeRegistration } from './complete-registration.ts'
import * as registrations from './repository.ts'

const pollMs = 1000
const retrySeconds = 2
const batch = 20

/**
 * Finishes, for as long as the process lives, the registrations that some process began and did not end.
 * Several replicas share the work.
 */
export function reconcileRegistrations(deps: CompletionDeps, log: Log): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let round: Promise<void> | undefined
  const timer = setInterval(() => {
    // A round takes long while the directory is away; no second one waits behind it.
    round ??= finishDue(deps, log, stopping.signal).finally(() => {
      round = undefined
    })
  }, pollMs)
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await round
    },
  }
}

async function finishDue(deps: CompletionDeps, log: Log, stopping: AbortSignal) {
  try {
    const nextAttemptAt = new Date(Date.now() + retrySeconds * 1000)
    const due = await inPlatform(deps.db, (tx) => registrations.claimDue(tx, { limit: batch, nextAttemptAt }))
    for (const intent of due) {
      if (stopping.aborted) return
      await completeRegistration(deps, intent).then(
        () => log.info({ userId: intent.userId }, 'finished a registration that was begun earlier'),
        (err) => log.warn({ err, userId: intent.userId }, 'could not finish a registration'),
      )
    }
  } catch (err) {
    log.warn({ err }, 'could not look for unfinished registrations')
  }
}
