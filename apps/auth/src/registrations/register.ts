import { createHash } from 'node:crypto'
import type { Origin } from '@gatehouse/contracts/origin'
import { idempotencyKeyReused } from '@gatehouse/contracts/problems'
import { register as contract, type Register } from '@gatehouse/contracts/registration'
import { once } from '@gatehouse/db/idempotency'
import { inPlatform } from '@gatehouse/db/tenant'
import { networkOf, type Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Background } from '../background.ts'
import type { Standing } from '../directory.ts'
import { emailTaken, wrongCredentials } from '../errors.ts'
import { type CheckNewPassword, minLengths, type Passwords, type StoredPassword } from '../passwords.ts'
import type { Policy } from '../policy.ts'
import type { CheckPassword, RegistrationRequest } from '../sign-in.ts'
import { type CompletionDeps, completeRegistration } from './complete-registration.ts'
import { assertOpen } from './registration-policy.ts'
import * as registrations from './repository.ts'

/** How long the request that began a registration has it to itself, before the reconciler goes on with it. */
const ownSeconds = 3

export interface RegistrationDeps extends CompletionDeps {
  readonly policy: Policy
  readonly throttle: Throttle
  readonly passwords: Passwords
  readonly checkNewPassword: CheckNewPassword
  readonly checkPassword: CheckPassword
  readonly background: Background
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

/**
 * Makes a new person, with a tenant of their own or as a member of the one that invited them. The intent is written first: once it is, a crash of auth or the
 * directory delays the registration and leaves nothing half done.
 * @returns the person, or undefined where their address has to be proven before they can sign in. Where a taken address
 * is not to be told from a free one, it is what becomes of the intent after the answer that differs, and only a mail
 * tells of it.
 * @throws registrationClosed, registrationByInvite, tooManyRequests, passwordTooShort, passwordTooWeak
 * @throws emailTaken, or what the directory refuses an invite for; idempotencyKeyReused; wrongCredentials to a repetition after the password has been changed
 */
export async function register(
  deps: RegistrationDeps,
  input: Register,
  request: RegistrationRequest,
): Promise<Standing | undefined> {
  const { policy, throttle, passwords, checkNewPassword } = deps
  const { email, firstName, lastName, companyName, password, inviteToken } = input
  assertOpen(policy, inviteToken !== undefined)
  await throttle.take(limitsOf(email, request.origin))
  const names = [firstName, lastName, ...(companyName === undefined ? [] : [companyName])]
  await checkNewPassword(password, { email, names, minLength: minLengths.alone })

  const intent = await intend(deps, input, request, await passwords.hash(password))
  if (!policy.disclosesTakenEmail) {
    if (!intent.isRepeated) deps.background('a registration', () => completeRegistration(deps, intent))
    return undefined
  }
  const authority = await (intent.isRepeated
    ? resume(deps, intent, password)
    : completeRegistration(deps, intent))
  return policy.emailVerification === 'required' && !authority.user.emailVerified ? undefined : authority
}

const limitsOf = (email: string, { sourceIp }: Origin) => [
  { key: `register:address:${networkOf(sourceIp)}`, max: 100, windowSeconds: 3600 },
  { key: `register:email:${email}`, max: 5, windowSeconds: 3600 },
]

/** What is stored, and told to the directory, of the token of an invite. */
const digestOf = (inviteToken: string) => createHash('sha256').update(inviteToken).digest('hex')

/** Writes down what is to be done, or finds it in the memory of an earlier request with the same key. */
async function intend(
  { db, requestKey }: RegistrationDeps,
  input: Register,
  { origin, idempotencyKey }: RegistrationRequest,
  stored: StoredPassword,
) {
  const { password: _, inviteToken, ...rest } = input
  const profile = { ...rest, ...(inviteToken !== undefined && { inviteDigest: digestOf(inviteToken) }) }
  const ids = { userId: uuidv7(), tenantId: uuidv7() }
  const repeatable = {
    key: idempotencyKey,
    tenantId: '',
    actorId: '',
    method: contract.method,
    path: contract.url,
    body: input,
    bodyKey: requestKey,
    reused: idempotencyKeyReused,
  }
  const nextAttemptAt = new Date(Date.now() + ownSeconds * 1000)
  const done = await inPlatform(db, (tx) =>
    once(tx, repeatable, async () => {
      const person = { ...profile, ...ids }
      await registrations.insert(tx, { userId: ids.userId, person, ...stored, origin, nextAttemptAt })
      return ids
    }),
  )
  return {
    ...stored,
    userId: done.userId,
    person: { ...profile, ...done },
    origin,
    isRepeated: done.userId !== ids.userId,
  }
}

/** Goes on with what an earlier request began, or lets the person in whom it made, if this is their password still. */
async function resume(
  { checkPassword, directory, ...deps }: RegistrationDeps,
  { userId, origin }: { userId: string; origin: Origin },
  password: string,
): Promise<Standing> {
  const begun = await inPlatform(deps.db, (tx) => registrations.byId(tx, userId))
  if (begun) return completeRegistration({ ...deps, directory }, begun)
  const authority = await directory.resolve({ userId }, origin)
  if (!authority) throw emailTaken()
  if (!(await checkPassword(userId, password))) throw wrongCredentials()
  return authority
}
