import { EventEmitter, once } from 'node:events'
import type { ServiceName } from '@gatehouse/contracts/events'
import { connect, type NatsConnection, type Status } from '@nats-io/transport-node'
import type { Log } from './log.ts'
import { supervise } from './supervise.ts'

interface NatsOptions {
  readonly url: string
  readonly user: string
  readonly password: string
  /** Whose permissions the user has: answers come to the inbox `_INBOX_<service>`, the only one it may listen to. */
  readonly service: ServiceName | 'provisioner'
  readonly log: Log
}

export interface Nats {
  readonly service: ServiceName | 'provisioner'
  isConnected(): boolean
  /** The connection, when it is up; waits for that as long as it takes. Rejects when `signal` is aborted. */
  connection(signal?: AbortSignal): Promise<NatsConnection>
  /** One round trip. Rejects when there is no connection, or no answer within 2 s. */
  ping(): Promise<void>
  /** Calls back each time that the connection comes up or goes down. Returns what ends that. */
  onChange(listener: (connected: boolean) => void): () => void
  close(): Promise<void>
}

/**
 * Connects to NATS and never gives up: it returns at once, whether or not there is a server, tries until there is one,
 * and again whenever it is lost. A server that stops answering counts as lost after 12 s.
 */
export function connectNats({ url, user, password, service, log }: NatsOptions): Nats {
  const changes = new EventEmitter<{ change: [boolean] }>().setMaxListeners(0)
  let current: NatsConnection | undefined
  let up = false
  const turn = (connected: boolean) => {
    if (up === connected) return
    up = connected
    changes.emit('change', connected)
  }

  const session = async (stopping: AbortSignal) => {
    const connection = await connect({
      ...optionsFor(url),
      user,
      pass: password,
      name: service,
      inboxPrefix: `_INBOX_${service}`,
    })
    current = connection
    // What the client still holds goes out first, if there is anybody to take it.
    const end = () => (up ? connection.drain() : connection.close()).catch(() => connection.close())
    if (stopping.aborted) return end()
    stopping.addEventListener('abort', end)
    turn(true)
    for await (const status of connection.status()) follow(status)
    turn(false)
    if (!stopping.aborted) throw (await connection.closed()) ?? new Error('the connection was closed')
  }
  const follow = (status: Status) => {
    if (status.type === 'error') log.error({ err: status.error }, 'NATS refused something')
    if (status.type !== 'disconnect' && status.type !== 'reconnect') return
    log.warn({ server: status.server }, `NATS: ${status.type}`)
    turn(status.type === 'reconnect')
  }

  const supervised = supervise({ what: 'the connection to NATS', log, session })
  return {
    service,
    isConnected: () => up,
    async connection(signal) {
      while (!up || !current) await once(changes, 'change', signal ? { signal } : {})
      return current
    },
    async ping() {
      if (!up || !current) throw new Error('NATS is not connected')
      const tooLate = AbortSignal.timeout(2000)
      await Promise.race([current.flush(), once(tooLate, 'abort').then(() => Promise.reject(tooLate.reason))])
    },
    onChange(listener) {
      changes.on('change', listener)
      return () => changes.off('change', listener)
    },
    close: supervised.stop,
  }
}

const optionsFor = (url: string) => ({
  servers: url.split(','),
  ...(url.startsWith('tls:') ? { tls: {} } : {}),
  timeout: 3000,
  pingInterval: 4000,
  maxPingOut: 2,
  // The client's own defaults give up: after 10 tries, and after a second refusal of the password.
  maxReconnectAttempts: -1,
  ignoreAuthErrorAbort: true,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
})
