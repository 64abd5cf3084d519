import { platformTenantId } from '@gatehouse/contracts/principal'
import { readInPlatform } from '@gatehouse/db/tenant'
import { v5 as uuidv5 } from 'uuid'
import { type CheckNewPassword, minLengths, type Passwords } from '../passwords.ts'
import { type CompletionDeps, completeRegistration } from './complete-registration.ts'
import * as registrations from './repository.ts'

interface Administrator {
  readonly email: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
}

export interface EnterAdministratorDeps extends CompletionDeps {
  readonly passwords: Passwords
  readonly checkNewPassword: CheckNewPassword
}

/**
 * Registers a platform administrator. Does nothing for one who is there already: their id follows from their e-mail.
 * @throws passwordTooShort, passwordTooWeak
 */
export async function enterAdministrator(
  deps: EnterAdministratorDeps,
  { password, ...profile }: Administrator,
): Promise<void> {
  const userId = uuidv5(profile.email, platformTenantId)
  if (await readInPlatform(deps.db, (tx) => registrations.hasCredential(tx, userId))) return
  const { email, firstName, lastName } = profile
  const context = { email, names: [firstName, lastName], minLength: minLengths.alone }
  await deps.checkNewPassword(password, context)

  const nobody = { sourceIp: undefined, userAgent: undefined, traceparent: undefined }
  await completeRegistration(deps, {
    userId,
    person: {
      ...profile,
      userId,
      tenantId: platformTenantId,
      platformAdministrator: true,
      emailVerified: true,
    },
    ...(await deps.passwords.hash(password)),
    origin: { ...nobody, correlationId: `bootstrap-${userId}` },
  })
}
