import { problem } from '@gatehouse/contracts/problem'

export const entryNotFound = problem('audit_log.not_found', 404, 'There is no such audit entry.')
export const notYoursToWrite = (what: string) =>
  problem('audit_log.not_yours_to_write', 403, `A service writes as itself: ${what}.`)()

/** Whether something is missing can't be told while so much is on its way. */
export const farBehind = problem(
  'audit_log.far_behind',
  503,
  'The log has much to record still, or cannot tell.',
)

export const retentionOutOfBounds = ({
  leastDays,
  mostDays,
}: {
  leastDays: number
  mostDays: number | null
}) =>
  problem(
    'audit_log.retention_out_of_bounds',
    400,
    'Entries are not kept here for so long, or so short, a time.',
  )({
    detail: `At least ${leastDays} days${mostDays === null ? '' : `, at most ${mostDays}`}.`,
  })

export const noCheckpoint = problem(
  'ledger.no_checkpoint',
  404,
  'There is no such ledger, or nothing in it yet.',
)
export const notSignedYet = problem(
  'ledger.not_signed_yet',
  409,
  'No signed checkpoint covers this yet: one does within a second, as a rule.',
)
export const noSuchSize = problem(
  'ledger.no_such_size',
  400,
  'The sizes are those of two checkpoints of this ledger, the earlier one first.',
)
