// The first two together stay below the 3 s within which a caller hears that the database is away.

/** How long to wait for a connection. */
export const connectionMs = 1_500
/** How long to wait for an answer that PostgreSQL gives at once, whatever it is doing. */
export const answerMs = 1_500
/** How long everything together may take. */
export const wholeMs = 9_500
