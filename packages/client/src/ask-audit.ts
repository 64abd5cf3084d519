import { findMissingEvents, type SentEvents } from '@gatehouse/contracts/reconciliation'
import { createClient, type TokenSource } from './client.ts'

interface AskAuditOptions {
  readonly auditUrl: string
  /** The service's own token for audit, which permits `audit:reconcile`. */
  readonly token: TokenSource
}

/** Asks audit which of a service's own events it does not have. @throws Problem 503 while it can't be asked */
export function askAudit({ auditUrl, token }: AskAuditOptions) {
  const find = createClient({ service: 'audit', baseUrl: auditUrl, token })(findMissingEvents)
  return async (events: SentEvents['events']) => (await find({ body: { events }, idempotent: true })).missing
}
