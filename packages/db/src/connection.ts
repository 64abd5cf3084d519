import { connect, type Socket } from 'node:net'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'

export interface ConnectionSettings {
  readonly url: string
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
  /** 0 for the server's own setting. */
  readonly statementTimeoutMs: number
}

/**
 * One session of PostgreSQL, never reopened: whatever is lost on it is lost with it.
 *
 * `postgres` pools and reopens connections by itself, and under load its state machine does not survive a server that
 * restarts: uncaught exceptions (porsager/postgres#1199), connections that never answer again (#1214), statements of a
 * dead transaction inside another one (#1216), a `begin` that reserves no connection (#1189). So each instance of it
 * gets a single socket, through its documented `socket` option, and `pool.ts` replaces what is lost.
 */
export interface Connection {
  readonly sql: Sql
  /** As `sql.unsafe`; but what may well come again is prepared, and then takes one round trip instead of two. */
  readonly send: Sql['unsafe']
  /** By the monotonic clock, in milliseconds. */
  readonly openedAt: number
  usedAt: number
  readonly isOpen: boolean
  /** Called once, when it is lost or has ended. */
  onClose: (reason: unknown) => void
  /** Drops it at once, whatever it is doing. */
  destroy(reason: unknown): void
  /** Ends it in good order, within a second; for one that is doing nothing. */
  end(): Promise<void>
}

/** Opens a session within 3 s; throws the driver's error. */
export async function openConnection(settings: ConnectionSettings): Promise<Connection> {
  let isOpen = true
  const close = (reason: unknown) => {
    if (!isOpen) return
    isOpen = false
    connection.onClose(reason)
  }
  const socket = singleSocket(close)
  const sql = postgres(settings.url, {
    ...driverOptions(settings),
    ...socket.options,
    onclose: () => close(lost()),
  })
  // Has drizzle register on it how it reads and writes dates and JSON.
  drizzle({ client: sql })
  const connection: Connection = {
    sql,
    send: preparing(sql),
    openedAt: performance.now(),
    usedAt: performance.now(),
    get isOpen() {
      return isOpen
    },
    onClose: () => undefined,
    destroy(reason) {
      close(reason)
      socket.destroy()
    },
    async end() {
      await sql.end({ timeout: 1 })
      connection.destroy(new Error('The connection to the database has ended.'))
    },
  }
  try {
    await sql.unsafe('select 1')
  } catch (error) {
    socket.destroy()
    throw error
  }
  return connection
}

const lost = () => new Error('The connection to the database was lost.')

const driverOptions = ({ applicationName, statementTimeoutMs }: ConnectionSettings) => ({
  max: 1,
  backoff: false,
  connect_timeout: 3,
  idle_timeout: 0,
  max_lifetime: null,
  // Ten probes a second apart follow: a peer that vanished is noticed within 15 s.
  keep_alive: 5,
  onnotice: () => undefined,
  connection: {
    application_name: applicationName,
    statement_timeout: statementTimeoutMs,
    lock_timeout: 5_000,
    idle_in_transaction_session_timeout: 10_000,
  },
})

interface Address {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path: string | false
}

/** The driver's option that gives it one socket, and refuses the second, with which it would reconnect. */
function singleSocket(onLost: (reason: unknown) => void) {
  let socket: Socket | undefined
  const open = ({ host: [host = 'localhost'], port: [port = 5432], path }: Address): Socket => {
    if (socket) throw lost()
    socket = path ? connect({ path }) : connect({ host, port, noDelay: true })
    socket.once('error', onLost)
    socket.once('close', () => onLost(lost()))
    // The driver reads them, for the server's name in TLS and for its errors.
    return Object.assign(socket, { host, port })
  }
  return { options: { socket: open }, destroy: () => socket?.destroy() }
}

// Neither many statements that differ in the number of their rows, nor long ones, are to fill the server's memory.
const maxPrepared = 200
const maxPreparedLength = 2_000

function preparing(sql: Sql): Sql['unsafe'] {
  const prepared = new Set<string>()
  return (statement, parameters, options) => {
    // The driver sends these as they are.
    if (!parameters?.length) return sql.unsafe(statement, parameters, options)
    const hasRoom = prepared.size < maxPrepared && statement.length <= maxPreparedLength
    const prepare = options?.prepare || prepared.has(statement) || hasRoom
    if (prepare) prepared.add(statement)
    return sql.unsafe(statement, parameters, { prepare })
  }
}
