import type { EventData, EventName } from '@gatehouse/contracts/events'
import { envelopeOf, type ReceivedEvent } from '@gatehouse/events/envelope'
import { createTestDatabase } from '@gatehouse/testing/database'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from './app.ts'
import { recordEvents } from './entries/record-events.ts'

/** Audit on a database of its own. */
export async function harness() {
  const { db } = await createTestDatabase('audit')
  const issuer = await createTestIssuer()
  const app = buildApp(serverOptions('audit', issuer), { db })
  await app.ready()
  const record = (...events: ReceivedEvent[]) => recordEvents(db, events)
  return { app, db, issuer, as: issuer.as, record }
}

/** An event as the consumer hands it over. */
export function received<N extends EventName>(
  name: N,
  tenantId: string,
  data: EventData<N>,
  given: { time?: string; correlationId?: string; before?: object; after?: object } = {},
): ReceivedEvent {
  const { time = new Date().toISOString(), correlationId = 'test-0001', before, after } = given
  const envelope = envelopeOf(uuidv7(), name, {
    tenantId,
    actor: { type: 'user', id: uuidv7() },
    aggregate: { id: uuidv7(), version: 1 },
    origin: { correlationId, sourceIp: '192.0.2.1', userAgent: 'test', traceparent: undefined },
    data,
    before: before as Record<string, unknown> | undefined,
    after: after as Record<string, unknown> | undefined,
  })
  return { envelope: { ...envelope, time }, declared: undefined }
}
