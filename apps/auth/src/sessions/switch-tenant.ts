import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { unauthenticated } from '@gatehouse/contracts/problems'
import type { SwitchTenant, Tokens } from '@gatehouse/contracts/sessions'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Directory } from '../directory.ts'
import { tenantNotFound } from '../errors.ts'
import { type Amr, isAmr, type SignIn } from '../sign-in.ts'
import * as sessions from './repository.ts'

interface SwitchDeps {
  readonly db: Database
  readonly directory: Directory
  readonly signIn: SignIn
}

/**
 * Goes on in another tenant of the caller's, through the gate that every way of signing in goes through. The session
 * so far ends; the new one begins with what was shown then, and ends when the old one would have.
 * @throws unauthenticated if the session has ended
 * @throws tenantNotFound if the caller is no member of the tenant
 */
export async function switchTenant(
  { db, directory, signIn }: SwitchDeps,
  { id: userId, sessionId = '' }: Principal,
  { tenantId, mfaCode }: SwitchTenant,
  origin: Origin,
): Promise<Tokens> {
  const [session, authority] = await Promise.all([
    readInPlatform(db, (tx) => sessions.liveSession(tx, userId, sessionId)),
    directory.resolve({ userId, tenantId }, origin),
  ])
  if (!session) throw unauthenticated()
  if (!authority) throw tenantNotFound()
  const amr: Amr[] = session.amr.filter(isAmr)
  const continues = { sessionId, expiresAt: session.expiresAt }
  return signIn(authority, { method: 'switch_tenant', amr, mfaCode, continues }, origin)
}
