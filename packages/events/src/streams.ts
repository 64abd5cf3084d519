import { subjectOf } from '@gatehouse/contracts/events'
import {
  type ConsumerConfig,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type StreamConfig,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { maxEnvelopeBytes } from './envelope.ts'
import type { Nats } from './nats.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** How long a revocation is kept: longer than any access token lives. Milliseconds. */
export const revocationLifeMs = 15 * minuteMs

export interface StreamOptions {
  /** How many servers keep each message. Default: 1; in production 3. */
  readonly replicas?: number
  /** How large IDENTITY may grow, in bytes; the three that grow with it take a quarter each. Default: 1 GiB. */
  readonly maxBytes?: number
}

/**
 * Makes the streams and their durable consumers as they have to be, or changes them to it. Safe to run again at
 * any time, also while they are in use. For the user `provisioner`.
 */
export async function ensureStreams(
  nats: Nats,
  { replicas = 1, maxBytes = 1024 ** 3 }: StreamOptions = {},
): Promise<void> {
  const jsm = await jetstreamManager(await nats.connection(), { checkAPI: false })
  for (const stream of streams(maxBytes)) {
    const config = { ...always, ...stream, num_replicas: replicas }
    const updated = jsm.streams.update(stream.name, config).catch((error) => renew(jsm, config, error))
    await unlessMissing(updated, () => jsm.streams.add(config))
  }
  for (const each of consumers) {
    const consumer = { ...everyConsumer, ...each, num_replicas: replicas }
    await unlessMissing(jsm.consumers.update('IDENTITY', each.durable_name, consumer), () =>
      jsm.consumers.add('IDENTITY', consumer),
    )
  }
}

/**
 * Makes a stream anew that refuses for good what it is to allow now, that messages be deleted: once all of it has been read,
 * so that nothing is lost with it.
 */
async function renew(
  jsm: JetStreamManager,
  wanted: Partial<StreamConfig> & { name: string },
  cause: unknown,
) {
  if (cause instanceof JetStreamApiError && missing.includes(cause.code)) throw cause
  const { config } = await jsm.streams.info(wanted.name)
  if (!config.deny_delete || wanted.deny_delete) throw cause
  for await (const { name, num_pending: unseen, num_ack_pending: unfinished } of jsm.consumers.list(
    wanted.name,
  )) {
    if (unseen + unfinished > 0)
      throw new Error(`${wanted.name} is to be made anew, once ${name} has read it`, { cause })
  }
  await jsm.streams.delete(wanted.name)
  return jsm.streams.add(wanted)
}

/** Whether every stream and durable consumer is there, be it as it has to be or not. */
export async function areThere(jsm: JetStreamManager): Promise<boolean> {
  const names = new Set<string>()
  for await (const name of jsm.streams.names()) names.add(name)
  if (!streams(0).every(({ name }) => names.has(name))) return false
  const durables = new Set<string>()
  for await (const { name } of jsm.consumers.list('IDENTITY')) durables.add(name)
  return consumers.every(({ durable_name }) => durables.has(durable_name))
}

const missing: readonly unknown[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]

const unlessMissing = <T>(update: Promise<T>, add: () => Promise<T>) =>
  update.catch((error) => {
    if (error instanceof JetStreamApiError && missing.includes(error.code)) return add()
    throw error
  })

const always = {
  storage: 'file',
  retention: 'limits',
  // A full stream refuses, and the outbox keeps; the other way is to drop the oldest without a word.
  discard: 'new',
  deny_delete: true,
  deny_purge: true,
  allow_direct: false,
  duplicate_window: nanos(10 * minuteMs),
} as const

const streams = (maxBytes: number) =>
  [
    {
      name: 'IDENTITY',
      description: 'Everything that happened, for audit, which erases what is of people who were forgotten.',
      deny_delete: false,
      subjects: ['identity.>'],
      max_age: nanos(14 * dayMs),
      max_bytes: maxBytes,
      max_msg_size: maxEnvelopeBytes + 4096,
      allow_atomic: true,
    },
    {
      name: 'REVOCATIONS',
      description: 'Which access tokens are to be refused before their time.',
      subjects: ['revocation.>'],
      max_age: nanos(revocationLifeMs),
      max_bytes: maxBytes / 4,
      max_msg_size: 4096,
      max_msgs_per_subject: 1,
      // Told to everybody as soon as it is kept, with its time and its place in the stream.
      republish: { src: 'revocation.>', dest: 'revoked.>' },
    },
    {
      name: 'CHECKPOINTS',
      description: "What audit has signed last of each tenant's ledger, and never goes back behind.",
      subjects: ['checkpoint.*'],
      max_bytes: maxBytes / 4,
      max_msg_size: 8192,
      max_msgs_per_subject: 1,
    },
    {
      name: 'ERASURES',
      description: 'Of everybody who was erased a digest, for databases that are restored from a backup.',
      subjects: ['erasure.*.*'],
      max_bytes: Math.min(maxBytes / 4, 64 * 1024 ** 2),
      max_msg_size: 1024,
      max_msgs_per_subject: 1,
    },
    {
      name: 'DEAD_LETTERS',
      description: 'What a consumer could not use: where it lies in IDENTITY, and why.',
      subjects: ['dead_letter.>'],
      max_age: nanos(14 * dayMs),
      max_bytes: maxBytes / 4,
    },
  ] satisfies (Partial<StreamConfig> & { name: string })[]

const everyConsumer = {
  ack_policy: 'explicit',
  deliver_policy: 'all',
  ack_wait: nanos(30_000),
  max_ack_pending: 1000,
  // Never parked without a word. The pauses are in each refusal: the server adds its own `backoff` to them.
  max_deliver: -1,
} as const

const consumers: readonly (Partial<ConsumerConfig> & { durable_name: string })[] = [
  { durable_name: 'audit', description: 'Everything that happened, from the beginning, into the ledger.' },
  {
    durable_name: 'directory',
    description: 'When people signed in.',
    filter_subject: subjectOf('session.started'),
  },
  {
    durable_name: 'auth',
    description: 'Who has left, and what was theirs is to go; who has another address.',
    filter_subjects: [
      subjectOf('user.deleted'),
      subjectOf('user.email_changed'),
      subjectOf('membership.removed'),
      subjectOf('tenant.purged'),
    ],
  },
]
