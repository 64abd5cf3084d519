import postgres from 'postgres'

interface DatabaseUnavailable extends Error {
  readonly statusCode: 503
  readonly code: 'database.unavailable'
  readonly retryAfterSeconds: number
}

/** The error for a caller who may try again: the database is away, or has no room for the request just now. */
export function databaseUnavailable(cause: unknown): DatabaseUnavailable {
  return Object.assign(new Error('The database is unavailable.', { cause }), {
    statusCode: 503,
    code: 'database.unavailable',
    retryAfterSeconds: 1,
  } as const)
}

/** What to throw for a failed statement: `databaseUnavailable` where PostgreSQL's error means that, else the error. */
export function asUnavailable(error: unknown): unknown {
  return unavailable.test(sqlState(error)) ? databaseUnavailable(error) : error
}

/** Whether PostgreSQL undid the work over a conflict with another transaction, so that it may succeed if done again. */
export const isConflict = (error: unknown) => conflict.test(sqlState(error))

const sqlState = (error: unknown) => (error instanceof postgres.PostgresError ? error.code : '')

// PostgreSQL's appendix A: serialization_failure, deadlock_detected.
const conflict = /^(40001|40P01)$/

// Connection exceptions; idle in transaction, transaction and lock time-outs; insufficient resources; statement
// time-out; shutdown, crash and start-up; system errors; and conflicts that outlasted every retry.
const unavailable = /^(08...|25P03|25P04|53...|55P03|57014|57P..|58...|40001|40P01)$/
