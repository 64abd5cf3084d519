import { createHash } from 'node:crypto'
import type { ConsentText, PublishConsentText } from '@gatehouse/contracts/consent-texts'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { tenantNotFound } from '../errors.ts'
import { actorOf } from '../reach.ts'
import * as consents from './repository.ts'
import { shownText } from './wording.ts'

/**
 * Publishes the next version of what the people of a tenant are asked to agree to; the same for the repetition of a
 * request. Who agreed to an earlier one is to be asked again.
 * @param principal acting in that tenant
 * @throws tenantNotFound, idempotencyKeyReused
 */
export function publishText(
  db: Database,
  principal: Principal,
  { consentType, wordings }: PublishConsentText,
  { request, origin }: { request: RepeatableRequest; origin: Origin },
): Promise<ConsentText> {
  const { tenantId } = principal
  return inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      if (!(await consents.lockTenant(tx, tenantId))) throw tenantNotFound()
      const before = await consents.textInForce(tx, tenantId, consentType)
      const text = await consents.insertText(tx, {
        id: uuidv7(),
        tenantId,
        consentType,
        version: (before?.version ?? 0) + 1,
        wordings: wordings.map((wording) => ({ ...wording, sha256: sha256(wording.text) })),
      })
      await emit(tx, 'consent_text.published', {
        tenantId,
        actor: actorOf(principal),
        aggregate: { id: text.id, version: 1 },
        origin,
        data: { consentType, version: text.version, locales: wordings.map(({ locale }) => locale) },
      })
      return shownText(text)
    }),
  )
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
