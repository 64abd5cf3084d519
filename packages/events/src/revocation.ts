import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { Msg } from '@nats-io/transport-node'
import { v7 as uuidv7 } from 'uuid'
import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { post } from './outbox.ts'
import {
  createRevocationList,
  type RevocationKind,
  type RevocationList,
  revokers,
} from './revocation-list.ts'
import { supervise } from './supervise.ts'

export type { RevocationKind }

export interface Revocation {
  readonly tenantId: string
  readonly kind: RevocationKind
  readonly id: string
}

/**
 * Ends, when the caller's transaction commits, the access tokens of a session, an API key, a client or a secret of one, or
 * one token of a client by its `jti`, for good, and of a user or a tenant those that were issued until then. For the service of
 * `revokers` to call.
 */
export async function revoke(tx: Tx, { tenantId, kind, id }: Revocation): Promise<void> {
  // It becomes a part of a NATS subject, where a dot, a space or a wildcard would mean something.
  if (!/^[\w-]{1,64}$/.test(id)) throw new RangeError(`not an id of a ${kind}`)
  const eventId = uuidv7()
  await post(tx, {
    eventId,
    subject: `revocation.${revokers[kind]}.${kind}.${id}`,
    tenantId,
    aggregateType: 'revocation',
    aggregateId: eventId,
    aggregateVersion: 1,
    payload: { kind, id, tenantId },
  })
}

/** How long an answer of the stream is good for. Milliseconds. */
const freshMs = 15_000

interface FeedOptions {
  readonly nats: Nats
  readonly log: Log
  /** How often it is asked whether anything was missed. Milliseconds. */
  readonly askEveryMs?: number
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number
  /** A clock that nobody sets, in milliseconds. */
  readonly uptime?: () => number
}

export interface RevocationFeed {
  /**
   * Whether an access token is to be refused, by who bears it and when it was issued (in milliseconds since 1970): some
   * look-ups in memory.
   */
  isRevoked(principal: Principal, issuedAt: number): boolean
  /** Whether nothing older than 15 s can have been missed. */
  fresh(): boolean
  /** How long ago that was sure; since the process began, while it never was. */
  ageSeconds(): number
  /** Resolves once everything that was revoked before has been read. */
  readonly ready: Promise<void>
  stop(): Promise<void>
}

/**
 * Follows what is revoked, from before this process on. It hears of a revocation as soon as the stream has it, and asks
 * the stream every 3 s how far it has come, to fetch what it did not hear. It needs no consumer, and so no right to
 * make one; goes on by itself when NATS or the stream comes back, even an emptied one.
 */
export function followRevocations(options: FeedOptions): RevocationFeed {
  const { nats, log, askEveryMs = 3000, now = Date.now, uptime = () => performance.now() } = options
  const list = createRevocationList(now)
  const ready = Promise.withResolvers<void>()
  const fetchMissed = createFetch(list)
  const startedAt = uptime()
  let freshAt = Number.NEGATIVE_INFINITY

  const session = async (stopping: AbortSignal) => {
    const connection = await nats.connection(stopping)
    const lost = Promise.withResolvers<never>()
    lost.promise.catch(() => {})
    const unsubscribe = nats.onChange(() => lost.reject(new Error('the connection to NATS was lost')))
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    const told = connection.subscribe('revoked.>', {
      callback: (_, message) => message && hear(list, message),
    })
    try {
      const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: 2000 })
      while (!stopping.aborted) {
        const askedAt = uptime()
        await Promise.race([fetchMissed(jsm), lost.promise])
        freshAt = askedAt
        ready.resolve()
        list.dropExpired()
        await Promise.race([bell.wait(askEveryMs), lost.promise])
      }
    } finally {
      unsubscribe()
      told.unsubscribe()
    }
  }
  const supervised = supervise({ what: 'the revocation feed', log, session })
  return {
    isRevoked: list.has,
    fresh: () => uptime() - freshAt < freshMs,
    ageSeconds: () => (uptime() - Math.max(startedAt, freshAt)) / 1_000,
    ready: ready.promise,
    stop: supervised.stop,
  }
}

/** Takes up a revocation that the stream told of. Only what the server itself made of a stored message has all of these. */
function hear(list: RevocationList, { headers }: Msg) {
  const subject = headers?.get('Nats-Subject')
  const time = headers?.get('Nats-Time-Stamp')
  if (subject && time) list.add(subject, new Date(time))
}

/** Makes what fetches, by sequence, everything that the stream has got since the last time. */
function createFetch(list: RevocationList) {
  let stream = ''
  let upTo = 0
  return async (jsm: JetStreamManager) => {
    const { created, state } = await jsm.streams.info('REVOCATIONS')
    // Another stream of the same name counts from 1 again.
    if (created !== stream) upTo = 0
    for (let seq = Math.max(upTo + 1, state.first_seq); seq <= state.last_seq; seq += 64) {
      const sequences = Array.from({ length: Math.min(64, state.last_seq - seq + 1) }, (_, i) => seq + i)
      const messages = await Promise.all(
        sequences.map((each) => jsm.streams.getMessage('REVOCATIONS', { seq: each })),
      )
      for (const message of messages) if (message) list.add(message.subject, message.time)
    }
    stream = created
    upTo = state.last_seq
  }
}
