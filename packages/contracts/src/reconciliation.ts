import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Id } from './identifiers.ts'
import { TimestampInput } from './time.ts'

/** Events that a service has sent, as it asks audit about them. */
export const SentEvents = z.strictObject({
  events: z
    .array(z.strictObject({ id: Id, occurredAt: TimestampInput }))
    .min(1)
    .max(400),
})
export type SentEvents = z.infer<typeof SentEvents>

export const findMissingEvents = {
  method: 'POST',
  url: '/api/internal/audit-logs/missing',
  config: { access: 'audit:reconcile', kinds: ['service'], quiet: true },
  schema: {
    operationId: 'findMissingEvents',
    summary: "Ask which of a service's own events the log does not have",
    tags: ['Internal'],
    hide: true,
    body: SentEvents,
    response: { 200: z.object({ missing: z.array(Id) }) },
  },
} as const satisfies Endpoint

export const clearRemnants = {
  method: 'POST',
  url: '/api/internal/audit-logs/remnants',
  config: { access: 'audit:reconcile', kinds: ['service'], quiet: true },
  schema: {
    operationId: 'clearRemnants',
    summary:
      "Ask which of a service's own events are of people who were erased, and tell which are gone from its outbox",
    description:
      'The log has each of these: a copy of what it says of them is all that is left to be removed.',
    tags: ['Internal'],
    hide: true,
    body: z.strictObject({ cleared: z.array(Id).max(400) }),
    response: { 200: z.object({ remnants: z.array(Id) }) },
  },
} as const satisfies Endpoint
