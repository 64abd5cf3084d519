import { platformTenantId } from '@gatehouse/contracts/principal'
import { emit } from '@gatehouse/events/outbox'
import type { KeyDeps } from '@gatehouse/keys/turn-keys'
import { v7 as uuidv7 } from 'uuid'

/** Tells of a new key to sign partners' tokens with. */
export const tellOfKey: KeyDeps['onCreated'] = (tx, { kid, activatesAt }) =>
  emit(tx, 'partner_signing_key.created', {
    tenantId: platformTenantId,
    actor: { type: 'system', id: 'partner-gateway' },
    aggregate: { id: kid, version: 1 },
    origin: { correlationId: uuidv7(), sourceIp: undefined, userAgent: undefined, traceparent: undefined },
    data: { kid, activatesAt: activatesAt.toISOString() },
  })
