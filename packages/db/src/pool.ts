import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { type Lease, leaseOf } from './lease.ts'
import { databaseUnavailable } from './unavailable.ts'
import { createWaitingLine } from './waiting-line.ts'

export interface PoolUse {
  /** Connections that there may be, and that there are. */
  readonly size: number
  readonly open: number
  /** Those that nobody works with. */
  readonly idle: number
  /** Pieces of work that wait for one. */
  readonly waiting: number
}

export interface Pool {
  use(): PoolUse
  /** A connection, waited for at most so many milliseconds; else a `databaseUnavailable`. */
  lease(ms: number): Promise<Lease>
  /** Refuses new leases, waits at most so many milliseconds for those that are out, and ends every connection. */
  close(ms: number): Promise<void>
}

// A changed address is followed, and the memory of a session given back, within this time.
const halfAnHourMs = 30 * 60_000
// A server that has no more connections to give is not asked for another at every request.
const refusedPauseMs = 250

/** Keeps at most `size` connections: opens them as they are needed, replaces those that are lost. */
export function createPool(open: () => Promise<Connection>, size: number, maxAgeMs = halfAnHourMs): Pool {
  const connections = new Set<Connection>()
  const idle: Connection[] = []
  const line = createWaitingLine<Connection>()
  let opening = 0
  let pause: NodeJS.Timeout | undefined
  let closing: PromiseWithResolvers<void> | undefined

  function grow() {
    if (pause || opening >= line.length || connections.size + opening >= size) return
    opening += 1
    open()
      .finally(() => {
        opening -= 1
      })
      .then(join, refuse)
    grow()
  }

  function join(connection: Connection) {
    connections.add(connection)
    connection.onClose = () => forget(connection)
    if (closing) void connection.end()
    else offer(connection)
  }

  function refuse(error: unknown) {
    if (connections.size === 0) return line.turnAway(databaseUnavailable(error))
    // Whoever waits is still served by the connections that there are.
    pause ??= setTimeout(() => {
      pause = undefined
      grow()
    }, refusedPauseMs)
  }

  function offer(connection: Connection) {
    if (!line.serve(connection)) idle.push(connection)
  }

  function takeBack(connection: Connection) {
    const isWorn = performance.now() - connection.openedAt > maxAgeMs
    if (closing || isWorn) void connection.end()
    else offer(connection)
  }

  function forget(connection: Connection) {
    connections.delete(connection)
    if (idle.includes(connection)) idle.splice(idle.indexOf(connection), 1)
    if (connections.size === 0) closing?.resolve()
    grow()
  }

  function waitForOne(ms: number) {
    const connection = line.wait(ms, noneFree)
    grow()
    return connection
  }

  return {
    use: () => ({ size, open: connections.size, idle: idle.length, waiting: line.length }),
    async lease(ms) {
      if (closing) throw databaseUnavailable(new Error('The pool is closed.'))
      return leaseOf(idle.pop() ?? (await waitForOne(ms)), takeBack)
    },
    async close(ms) {
      closing = Promise.withResolvers<void>()
      line.turnAway(databaseUnavailable(new Error('The pool is closed.')))
      for (const connection of idle.splice(0)) void connection.end()
      if (connections.size > 0) await Promise.race([closing.promise, delay(ms, undefined, { ref: false })])
      for (const connection of connections) connection.destroy(new Error('The pool is closed.'))
    },
  }
}

const noneFree = () => databaseUnavailable(new Error('No connection to the database came free in time.'))
