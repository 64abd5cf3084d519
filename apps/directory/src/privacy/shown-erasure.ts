import type { ErasureRequest } from '@gatehouse/contracts/erasure'
import type { Request } from './erasure-repository.ts'

/** After how long a request is overdue that isn't completed. */
export const overdueSeconds = 3_600

/** A request as the API shows it. */
export function shownErasure(request: Request): ErasureRequest {
  const { id, status, receipts, requestedAt, scheduledFor, completedAt } = request
  const isOpen = status === 'scheduled' || status === 'running'
  return {
    id,
    status,
    requestedAt: requestedAt.toISOString(),
    scheduledFor: scheduledFor.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    isOverdue: isOpen && Date.now() - scheduledFor.getTime() > overdueSeconds * 1_000,
    receipts,
  }
}
