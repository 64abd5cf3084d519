import { randomBytes } from 'node:crypto'
import type { EventData, EventName } from '@gatehouse/contracts/events'
import { type Envelope, envelopeOf, type ReceivedEvent } from '@gatehouse/events/envelope'
import { createSeal } from '@gatehouse/keys/seal'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepPlans } from '@gatehouse/testing/plan-sweep'
import { serverOptions } from '@gatehouse/testing/server-options'
import { superuserOf } from '@gatehouse/testing/superuser'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp, type Deps } from './app.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import type { Log } from './log.ts'
import { createRecording } from './recording/create-recording.ts'
import { recordEvents } from './recording/record-events.ts'
import { createSubjectKeys } from './subject-keys.ts'

/** What the ledgers of a test go by. */
export const ledgerName = 'issuer.test/audit'

/** Audit on a database of its own. */
export async function harness({
  backlog = async () => 0,
  messages = { settle: async () => {} },
}: Partial<Pick<Deps, 'backlog' | 'messages'>> = {}) {
  const { db: bare, url } = await createTestDatabase('audit')
  // Of everybody who was ever forgotten, when the process starts.
  const unbounded = ['select encode(sha256(convert_to(subject_id']
  const db = sweepPlans(bare, { url, small: ['checkpoint_keys'], unbounded })
  const issuer = await createTestIssuer()
  const seal = createSeal(randomBytes(32))
  const keys = createSubjectKeys(seal)
  const recording = createRecording({ db, seal, keys })
  const log: Log = { ...recording, keys }
  const checkpointKeys = createCheckpointKeys({ db, seal, name: ledgerName })
  const app = buildApp(serverOptions('audit', issuer), {
    log,
    checkpointKeys,
    messages,
    requestKey: randomBytes(32),
    backlog,
    retention: { leastDays: 90, mostDays: 3650 },
  })
  await app.ready()
  const record = (...events: ReceivedEvent[]) => recordEvents(recording, events)
  return {
    app,
    db,
    url,
    seal,
    keys,
    checkpointKeys,
    recording,
    log,
    record,
    issuer,
    as: issuer.as,
    asSuperuser: superuserOf(url),
  }
}

/** An event as the consumer hands it over. */
export function received<N extends EventName>(
  name: N,
  tenantId: string,
  data: EventData<N>,
  given: { time?: string; correlationId?: string; actorId?: string; before?: object; after?: object } = {},
): ReceivedEvent {
  const {
    time = new Date().toISOString(),
    correlationId = 'test-0001',
    actorId = uuidv7(),
    before,
    after,
  } = given
  const envelope = envelopeOf(uuidv7(), name, {
    tenantId,
    actor: { type: 'user', id: actorId },
    aggregate: { id: uuidv7(), version: 1 },
    origin: { correlationId, sourceIp: '192.0.2.1', userAgent: 'test', traceparent: undefined },
    data,
    before: before as Record<string, unknown> | undefined,
    after: after as Record<string, unknown> | undefined,
  })
  return unknownEvent({ ...envelope, time })
}

/** An event of which this version knows no more than its envelope. */
export const unknownEvent = (envelope: Envelope): ReceivedEvent => ({
  bytes: Buffer.from(JSON.stringify(envelope)),
  envelope,
  declared: undefined,
})
