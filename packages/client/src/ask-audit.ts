import { clearRemnants, findMissingEvents, type SentEvents } from '@gatehouse/contracts/reconciliation'
import { createClient, type TokenSource } from './client.ts'

interface AskAuditOptions {
  readonly auditUrl: string
  /** The service's own token for audit, which permits `audit:reconcile`. */
  readonly token: TokenSource
}

/** What a service asks audit about its own events. @throws Problem 503 while it can't be asked */
export function askAudit({ auditUrl, token }: AskAuditOptions) {
  const audit = createClient({ service: 'audit', baseUrl: auditUrl, token })
  const find = audit(findMissingEvents)
  const clear = audit(clearRemnants)
  return {
    /** Which of these it does not have. */
    findMissing: async (events: SentEvents['events']) =>
      (await find({ body: { events }, idempotent: true })).missing,
    /** Which are of people who were erased; those in `cleared` are gone from the outbox. */
    findRemnants: async (cleared: readonly string[]) =>
      (await clear({ body: { cleared: [...cleared] }, idempotent: true })).remnants,
  }
}
