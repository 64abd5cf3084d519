import type { ConsentRecord, RecordConsent } from '@gatehouse/contracts/consent'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { essentialConsent, outdatedConsentText, userNotFound } from '../errors.ts'
import { actorOf } from '../reach.ts'
import * as consents from './repository.ts'
import { shownDecision } from './standing.ts'
import { wordingIn } from './wording.ts'

/**
 * Records what a person decided, with the text that they were shown (GDPR Art. 7(1)); the same for the repetition of a
 * request. Nothing keeps anybody from withdrawing, also not from a text that is out of force (Art. 7(3)).
 * @throws essentialConsent, outdatedConsentText, userNotFound, idempotencyKeyReused
 */
export async function recordConsent(
  db: Database,
  principal: Principal,
  { consentType, granted, version, locale, source }: RecordConsent,
  { request, origin }: { request: RepeatableRequest; origin: Origin },
): Promise<ConsentRecord> {
  if (consentType === 'essential' && !granted) throw essentialConsent()
  const { tenantId, id: userId } = principal
  return inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      if (!(await consents.lockPerson(tx, userId))) throw userNotFound()
      const text = await consents.textInForce(tx, tenantId, consentType)
      if (granted && version !== undefined && version !== text?.version) throw outdatedConsentText()
      const wording = text && wordingIn(text, locale)
      const decision = await consents.insertDecision(tx, {
        id: uuidv7(),
        tenantId,
        userId,
        consentType,
        granted,
        version: text?.version ?? null,
        locale: wording?.locale ?? null,
        sha256: wording?.sha256 ?? null,
        source,
      })
      await emit(tx, 'consent.recorded', {
        tenantId,
        actor: actorOf(principal),
        aggregate: { id: decision.id, version: 1 },
        origin,
        data: { userId, consentType, granted, version: decision.version },
      })
      return shownDecision(decision)
    }),
  )
}
