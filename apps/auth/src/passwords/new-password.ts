import type { Authority } from '@gatehouse/contracts/internal'
import type { Database } from '@gatehouse/db/connect'
import type { Notify } from '../notify.ts'
import { type CheckNewPassword, minLengths, type Passwords, type StoredPassword } from '../passwords.ts'
import type { EndSessions } from '../sign-in.ts'

/** What every change of a password needs. */
export interface PasswordDeps {
  readonly db: Database
  readonly passwords: Passwords
  readonly checkNewPassword: CheckNewPassword
  readonly endSessions: EndSessions
  readonly notify: Notify
}

/**
 * What is kept of a person's new password.
 * @throws Problem password.too_short, password.too_weak; auth.busy
 */
export async function newPasswordOf(
  { passwords, checkNewPassword }: PasswordDeps,
  password: string,
  { user, tenant }: Authority,
): Promise<StoredPassword> {
  await checkNewPassword(password, {
    email: user.email,
    names: [user.firstName, user.lastName, tenant.name],
    minLength: tenant.mfaRequired ? minLengths.besideSecondFactor : minLengths.alone,
    field: 'newPassword',
  })
  return passwords.hash(password)
}
