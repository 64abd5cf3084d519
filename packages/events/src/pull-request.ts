import { createInbox, type Msg, type MsgHdrs, type NatsConnection, nanos } from '@nats-io/transport-node'

/** A durable consumer, and where to be answered. */
export interface Source {
  readonly connection: NatsConnection
  readonly stream: string
  readonly durable: string
  /** What the subjects begin with on which this user may be answered. */
  readonly inboxPrefix: string
}

interface Sink {
  /** How many messages there is room for. */
  wants(): number
  take(message: Msg): void
  /** Called with the first sign of trouble. */
  fail(reason: unknown): void
}

export interface Requests {
  /** Asks for more, unless that is already on its way or there is no room. */
  ask(): void
  /** Asks no more, and resolves when everything that was on its way has been taken. */
  end(): Promise<void>
  /** Asks no more, and takes nothing any more. */
  cut(): void
}

/** A server that waits for messages says so every second; it is given up after four of silence. Milliseconds. */
const heartbeatMs = 1000
const silenceMs = 4000

/**
 * Asks a durable consumer for messages, again and again, one request at a time. The protocol is that of the NATS
 * architecture decision records 13 and 37. The client library speaks it too, but when it is stopped it drops what is on
 * its way, which then comes again only when the server has lost patience.
 */
export function startRequests({ connection, stream, durable, inboxPrefix }: Source, sink: Sink): Requests {
  const inbox = createInbox(inboxPrefix)
  let left = 0
  let heardAt = 0

  const ask = () => {
    const batch = left > 0 ? 0 : sink.wants()
    if (batch === 0) return
    left = batch
    heardAt = performance.now()
    const request = { batch, expires: nanos(30_000), idle_heartbeat: nanos(heartbeatMs) }
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`
    connection.publish(subject, JSON.stringify(request), { reply: inbox })
  }
  const hear = (error: Error | null, message: Msg) => {
    if (error) return sink.fail(error)
    heardAt = performance.now()
    if (message.subject === inbox) return hearStatus(message.headers)
    sink.take(message)
    left -= 1
    ask()
  }
  const hearStatus = (headers: MsgHdrs | undefined) => {
    if (headers?.code === 100) return
    // 408: no more within the time asked for. All else means that the consumer or its server is not what it was.
    if (headers?.code !== 408) return sink.fail(new Error(`${headers?.code} ${headers?.description}`))
    left = 0
    ask()
  }
  const subscription = connection.subscribe(inbox, { callback: hear })
  const listen = () => {
    if (left > 0 && performance.now() - heardAt > silenceMs)
      sink.fail(new Error('the server has gone silent'))
  }
  const listening = setInterval(listen, heartbeatMs)
  ask()
  return {
    ask,
    async end() {
      clearInterval(listening)
      // It has ended already when the connection has.
      await subscription.drain().catch(() => {})
    },
    cut() {
      clearInterval(listening)
      subscription.unsubscribe()
    },
  }
}
