import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Login, Tokens } from '@gatehouse/contracts/sessions'
import { inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import type { Directory } from '../directory.ts'
import { wrongCredentials } from '../errors.ts'
import type { Passwords } from '../passwords.ts'
import * as sessions from './repository.ts'
import { type SessionDeps, startSession } from './start-session.ts'

export interface LoginDeps extends SessionDeps {
  readonly directory: Directory
  readonly passwords: Passwords
}

/**
 * Signs a person in by their password. Somebody unknown costs the same steps as a wrong password and gets the
 * same answer.
 * @throws wrongCredentials
 */
export async function login(deps: LoginDeps, { email, password }: Login, origin: Origin): Promise<Tokens> {
  const authority = await deps.directory.resolve({ email }, origin)
  const userId = authority?.user.id ?? uuidv7()
  const stored = await readInPlatform(deps.db, (tx) => sessions.passwordHashOf(tx, userId))
  const matches = await deps.passwords.matches(password, stored)
  if (authority?.user.status === 'active' && matches) return startSession(deps, authority, 'password', origin)

  await recordFailure(deps, authority, matches, origin)
  throw wrongCredentials()
}

async function recordFailure(
  { db }: LoginDeps,
  authority: Authority | undefined,
  matches: boolean,
  origin: Origin,
) {
  const tenantId = authority?.user.tenantId ?? platformTenantId
  await inTenant(db, tenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId,
      actor: authority ? { type: 'user', id: authority.user.id } : { type: 'system', id: 'anonymous' },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason: !authority ? 'unknown_user' : matches ? 'not_active' : 'wrong_password' },
    }),
  )
}
