import { codeOf } from '../authenticator.ts'
import { type Caller, type Person, password } from './person.ts'
import type { Post } from './post.ts'

/** Has somebody do whatever can be done with an account: names, address, passwords and sessions. */
export async function useAccount(person: Person, post: Post): Promise<void> {
  const { state, its, done, signIn } = person
  // That of the registration is void once there is another.
  await post.tokenTo(state.email, 'verify-email')
  await done('/users/me/verify-email', undefined, 'POST')
  await done('/auth/verify-email', { token: await post.tokenTo(state.email, 'verify-email') })
  await done('/users/me', { firstName: its(), lastName: its() }, 'PATCH')
  await moveTo(`${its()}@people.example`, person, post)
  await usePasswords(person, post)
  await useSessions(person)
  await person.call('/auth/login', { email: state.email, password: its() })
  await signIn()
}

async function moveTo(email: string, { id, state, done, signIn }: Person, post: Post) {
  await done(`/users/${id}`, { email }, 'PATCH')
  await done('/users/confirm-email', { token: await post.tokenTo(email, 'confirm-email') })
  state.email = email
  await signIn()
}

async function usePasswords({ state, done, signIn }: Person, post: Post) {
  const newPassword = `${password} again`
  await done('/users/me/change-password', { currentPassword: password, newPassword })
  await done('/auth/forgot-password', { email: state.email })
  const token = await post.tokenTo(state.email, 'reset-password')
  await done('/auth/reset-password', { token, newPassword: password })
  await signIn()
}

async function useSessions({ state, done, enter, signIn }: Person) {
  await enter('/auth/refresh', { refreshToken: state.refreshToken })
  await signIn()
  await signIn()
  const { data } = await done('/users/me/sessions')
  const [other] = data.filter(({ isCurrent }: { isCurrent: boolean }) => !isCurrent)
  await done(`/users/me/sessions/${other.id}`, undefined, 'DELETE')
  await done('/users/me/sessions', undefined, 'DELETE')
  await done('/auth/logout', {})
}

/** Has them set up a second factor, use it and remove it; and set up another on the way in, where their tenant requires one. */
export async function useSecondFactors(person: Person, admin: Caller): Promise<void> {
  const { tenantId, state, call, done, enter, proof, signIn } = person
  const { secret } = await done('/users/me/mfa/totp', { password })
  await done('/users/me/mfa/totp/confirm', { code: codeOf(secret) })
  const made = await done('/users/me/mfa/recovery-codes', { password, mfaCode: codeOf(secret, 1) })
  state.recoveryCodes = made.recoveryCodes
  await signIn()
  const { factors } = await done('/users/me/mfa')
  await done(`/users/me/mfa/${factors[0].id}/remove`, proof())

  const require = (mfaRequired: boolean) =>
    admin.done(`/tenants/${tenantId}/settings`, { features: { mfaRequired } }, 'PATCH')
  await require(true)
  const { enrolmentToken } = (await call('/auth/login', { email: state.email, password })).json
  const begun = await done('/auth/mfa/enrol', { enrolmentToken })
  await enter('/auth/mfa/enrol/confirm', { enrolmentToken, code: codeOf(begun.secret) })
  await require(false)
}
