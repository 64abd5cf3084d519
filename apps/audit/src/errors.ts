import { problem } from '@gatehouse/contracts/problem'

export const entryNotFound = problem('audit_log.not_found', 404, 'There is no such audit entry.')
export const notYoursToWrite = (what: string) =>
  problem('audit_log.not_yours_to_write', 403, `A service writes as itself: ${what}.`)()
