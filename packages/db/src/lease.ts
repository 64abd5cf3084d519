import type { Connection } from './connection.ts'
import { databaseUnavailable } from './unavailable.ts'

/** A connection for one piece of work alone. */
export interface Lease {
  readonly send: Connection['send']
  /** False once the connection is lost. */
  readonly isOpen: boolean
  /** Whether the server was heard on it a moment ago. */
  readonly isFresh: boolean
  /** Rejects with a `databaseUnavailable` when the connection is lost or its time is up; never resolves. */
  readonly lost: Promise<never>
  /** Drops the connection in so many milliseconds, unless it is given back or the time is set anew before. */
  expireIn(ms: number): void
  /** Gives the connection back as it was found: no statement under way, no transaction open. */
  release(): void
  /** Gives it back in an unknown state: it is dropped. */
  discard(reason: unknown): void
}

const freshMs = 1_000

/** Leases a connection out; `giveBack` is called if it is released whole. */
export function leaseOf(connection: Connection, giveBack: (connection: Connection) => void): Lease {
  const { promise: lost, reject } = Promise.withResolvers<never>()
  lost.catch(() => undefined)
  const { onClose } = connection
  let expiry: NodeJS.Timeout | undefined
  let isOut = true

  connection.onClose = (reason) => {
    clearTimeout(expiry)
    onClose(reason)
    reject(databaseUnavailable(reason))
  }
  const expire = (set: NodeJS.Timeout) => {
    if (isOut && expiry === set) connection.destroy(new Error('The database did not answer in time.'))
  }
  return {
    send: connection.send,
    get isOpen() {
      return connection.isOpen
    },
    isFresh: performance.now() - connection.usedAt < freshMs,
    lost,
    expireIn(ms) {
      clearTimeout(expiry)
      if (!isOut) return
      // After a stall of the event loop, what has come in meanwhile is read before the time is called.
      const set = setTimeout(() => setImmediate(expire, set), ms)
      expiry = set
    },
    release() {
      clearTimeout(expiry)
      isOut = false
      connection.usedAt = performance.now()
      connection.onClose = onClose
      if (connection.isOpen) giveBack(connection)
    },
    discard: connection.destroy,
  }
}
