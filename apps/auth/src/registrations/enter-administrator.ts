import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { v5 as uuidv5 } from 'uuid'
import type { Passwords } from '../passwords.ts'
import * as registrations from './repository.ts'

interface Administrator {
  readonly email: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
}

/**
 * Begins the registration of a platform administrator; the reconciler goes on with it. Does nothing for one who has
 * been entered before: their id follows from their e-mail.
 */
export async function enterAdministrator(
  { db, passwords }: { db: Database; passwords: Passwords },
  { password, ...profile }: Administrator,
): Promise<void> {
  const userId = uuidv5(profile.email, platformTenantId)
  if (await readInPlatform(db, (tx) => registrations.hasCredential(tx, userId))) return

  const passwordHash = await passwords.hash(password)
  await inPlatform(db, (tx) =>
    registrations.insert(tx, {
      userId,
      person: { ...profile, userId, tenantId: platformTenantId, platformAdministrator: true },
      passwordHash,
      origin: {
        correlationId: `bootstrap-${userId}`,
        sourceIp: undefined,
        userAgent: undefined,
        traceparent: undefined,
      },
      nextAttemptAt: new Date(),
    }),
  )
}
