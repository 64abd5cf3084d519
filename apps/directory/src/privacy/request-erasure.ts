import { randomUUID } from 'node:crypto'
import type { ErasureProof, ErasureRequest } from '@gatehouse/contracts/erasure'
import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { lastAdministratorOf, userNotFound } from '../errors.ts'
import type { AuthoriseErasure } from './ask-auth-to-authorise.ts'
import * as requests from './erasure-repository.ts'
import type { TellOfErasure } from './letter.ts'
import { senderOf } from './repository.ts'
import { shownErasure } from './shown-erasure.ts'

export interface RequestDeps {
  readonly db: Database
  readonly authoriseErasure: AuthoriseErasure
  readonly tellOfErasure: TellOfErasure
  /** How long a request can be cancelled. */
  readonly erasureGraceMs: number
  /** Has what is due be looked for at once. */
  readonly hurryErasures: () => void
}

interface Asked {
  readonly principal: Principal
  readonly proof: ErasureProof
  /** The caller's access token. */
  readonly token: string
  readonly origin: Origin
}

/**
 * Takes up a data subject's wish to be erased, tells them by mail, and signs them out everywhere; the request that is
 * under way if there is one.
 * @throws lastAdministratorOf tenants with other people that would be left without one
 * @throws Problem 401 or 403 as auth says if it isn't shown that it is they who ask, 503 while auth is away
 */
export async function requestErasure(deps: RequestDeps, asked: Asked): Promise<ErasureRequest> {
  const { db, authoriseErasure, tellOfErasure, erasureGraceMs, hurryErasures } = deps
  const { principal, proof, token, origin } = asked
  const { id: userId, tenantId } = principal
  const [open, dependent] = await readInPlatform(db, (tx) =>
    Promise.all([requests.openRequestOf(tx, userId), requests.dependentTenants(tx, userId)]),
  )
  if (open) return shownErasure(open)
  if (dependent.length > 0) throw lastAdministratorOf(dependent)
  await authoriseErasure(token, proof, origin)
  const request = await inPlatform(db, async (tx) => {
    const person = await requests.lockPerson(tx, userId)
    if (!person || person.status === 'deleted') throw userNotFound()
    const earlier = await requests.openRequestOf(tx, userId)
    if (earlier) return earlier
    const made = await requests.insert(tx, { id: randomUUID(), userId }, erasureGraceMs)
    const tenant = await senderOf(tx, tenantId)
    if (tenant) await tellOfErasure(tx, { ...made, email: person.email, tenant })
    await revoke(tx, { tenantId: platformTenantId, kind: 'user', id: userId })
    await emit(tx, 'privacy.erasure_requested', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: made.id, version: 1 },
      origin,
      data: { userId, scheduledFor: made.scheduledFor.toISOString() },
    })
    return made
  })
  hurryErasures()
  return shownErasure(request)
}
