import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { accessTokenSeconds, type Issuer } from '../issuer.ts'
import type { Proof } from '../sign-in.ts'
import { digestOf, newRefreshToken } from './refresh-token.ts'
import * as sessions from './repository.ts'

/** How long a session lives at most, and how long its refresh token waits to be used. */
const sessionDays = 30
export const idleDays = 7

/** So many days from now. */
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000)

export interface SessionDeps {
  readonly db: Database
  readonly issuer: Issuer
}

/** Signs a person in, who has proven themselves, and answers their tokens. */
export async function startSession(
  { db, issuer }: SessionDeps,
  authority: Authority,
  proof: Proof,
  origin: Origin,
): Promise<Tokens> {
  const { id: userId, tenantId } = authority.user
  const sessionId = uuidv7()
  const refreshToken = newRefreshToken()
  await inTenant(db, tenantId, async (tx) => {
    const device = { sourceIp: origin.sourceIp ?? null, userAgent: origin.userAgent ?? null }
    await sessions.insertSession(tx, {
      id: sessionId,
      tenantId,
      userId,
      ...device,
      amr: [...proof.amr],
      expiresAt: inDays(sessionDays),
    })
    await sessions.insertRefreshToken(tx, {
      digest: digestOf(refreshToken),
      tenantId,
      sessionId,
      expiresAt: inDays(idleDays),
    })
    await emit(tx, 'session.started', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: sessionId, version: 1 },
      origin,
      data: { userId, method: proof.method, amr: [...proof.amr] },
    })
  })
  return tokensFor(issuer, authority, { sessionId, refreshToken })
}

/** The answer to every way of signing in: a new access token in the active tenant, and the refresh token. */
export function tokensFor(
  issuer: Issuer,
  { user, tenants, permissions }: Authority,
  { sessionId, refreshToken }: { sessionId: string; refreshToken: string },
): Tokens {
  const accessToken = issuer.issue({
    kind: 'user',
    subject: user.id,
    tenantId: user.tenantId,
    sessionId,
    clientId: 'gatehouse',
    audience: 'gatehouse',
    permissions,
  })
  return {
    accessToken,
    refreshToken,
    tokenType: 'Bearer',
    expiresIn: accessTokenSeconds,
    user: { ...user, tenants, permissions },
  }
}
