import { createHash } from 'node:crypto'
import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  type NextMsgRequest,
  type SeqMsgRequest,
} from '@nats-io/jetstream'
import type { Nats } from './nats.ts'

/** A person who was erased, and what went along with them: tenants that were theirs alone, and invites. */
export interface Gone {
  readonly userId: string
  readonly alongIds: readonly string[]
}

/** Which of the two a digest is of. */
export type GoneKind = 'person' | 'along'

const timeout = 2000
const stream = 'ERASURES'

/** What the ledger of erasures knows an id by: SHA-256 in hexadecimal. */
const digestOfGone = (id: string) => createHash('sha256').update(id).digest('hex')

/**
 * Writes down that somebody was erased, once, in a stream that no backup of a database goes back behind: of the person a
 * digest of the id, and the time at which it came. For the user `directory`. @throws when NATS is away
 */
export async function noteGone(nats: Nats, { userId, alongIds }: Gone): Promise<void> {
  await note(nats, 'person', userId)
  for (const id of alongIds) await note(nats, 'along', id)
}

async function note(nats: Nats, kind: GoneKind, id: string) {
  const js = jetstream(await nats.connection(AbortSignal.timeout(timeout)), { timeout })
  const subject = `erasure.${kind}.${digestOfGone(id)}`
  await js.publish(subject, '', { expect: { lastSubjectSequence: 0 }, timeout }).catch((error: unknown) => {
    const isKnown = error instanceof JetStreamApiError && known.includes(error.code)
    if (!isKnown) throw error
  })
}

const known: readonly unknown[] = [
  JetStreamApiCodes.StreamWrongLastSequence,
  JetStreamApiCodes.StreamWrongLastSequenceUnknown,
]

const digestsAtOnce = 500

/** The digests of all who were erased, some at a time, each message by a request of its own. @throws when NATS is away */
export async function* readGone(nats: Nats, kind: GoneKind): AsyncGenerator<string[]> {
  const connection = await nats.connection(AbortSignal.timeout(timeout))
  const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout })
  const next = (seq: number) => {
    const query: SeqMsgRequest & NextMsgRequest = { seq, next_by_subj: `erasure.${kind}.*` }
    return streams.getMessage(stream, query)
  }
  let digests: string[] = []
  for (let found = await next(1); found; found = await next(found.seq + 1)) {
    digests.push(found.subject.slice(`erasure.${kind}.`.length))
    if (digests.length < digestsAtOnce) continue
    yield digests
    digests = []
  }
  if (digests.length > 0) yield digests
}
