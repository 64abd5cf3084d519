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
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => finishDue(deps, log))
  }, pollMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}

async function finishDue(deps: CompletionDeps, log: Log) {
  try {
    const nextAttemptAt = new Date(Date.now() + retrySeconds * 1000)
    for (const intent of await inPlatform(deps.db, (tx) =>
      registrations.claimDue(tx, { limit: batch, nextAttemptAt }),
    )) {
      await completeRegistration(deps, intent).then(
        () => log.info({ userId: intent.userId }, 'finished a registration that was begun earlier'),
        (err) => log.warn({ err, userId: intent.userId }, 'could not finish a registration'),
      )
    }
  } catch (err) {
    log.warn({ err }, 'could not look for unfinished registrations')
  }
}
