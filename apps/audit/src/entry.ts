import type { Tx } from '@gatehouse/db/tenant'

/** What somebody did, in the clear, on its way into the log. */
export interface NewEntry {
  /** Of the event that it records, in lower case. */
  readonly id: string
  readonly tenantId: string
  /** RFC 3339, milliseconds, UTC. */
  readonly occurredAt: string
  readonly service: string
  readonly actorType: string
  readonly actorId: string
  readonly action: string
  readonly resource: string
  readonly resourceId: string | null
  readonly correlationId: string | null
  /** The person whom the actor, an API key, acts for. */
  readonly owner?: string | undefined
  /** `Origin` as canonical JSON; it is the actor's, where a person is behind it. */
  readonly origin: string | null
  /** `Details` as canonical JSON. */
  readonly details: string | null
  /** Whose the details are; null if nobody's. */
  readonly person: string | null
  /** Its number in the stream IDENTITY, if it came from there. */
  readonly sequence?: number | undefined
  /** Counts the changes of what it happened to, from 1 and without a gap, if somebody does. */
  readonly aggregateVersion?: number | undefined
}

/** Where the actor was. */
export interface Origin {
  readonly sourceIp?: string | undefined
  readonly userAgent?: string | undefined
}

type JsonRecord = Record<string, unknown>

/** What an entry tells beyond its clear fields. */
export interface Details {
  readonly previousState?: JsonRecord | undefined
  readonly newState?: JsonRecord | undefined
  readonly metadata?: JsonRecord | undefined
  readonly description?: string | undefined
  /** The request that a service wrote it by, as it was sent; not where a secret was in it. */
  readonly sent?: string | undefined
}

/**
 * Appends entries to the log and each to the ledger of its tenant, those that are not there yet, in their order. The
 * partitions of their months have to be there.
 */
export type Append = (tx: Tx, batch: readonly NewEntry[]) => Promise<void>
