import type { factorKinds, SessionEnding, SignInMethod } from '@gatehouse/contracts/auth-events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Register } from '@gatehouse/contracts/registration'
import type { Reauthentication } from '@gatehouse/contracts/second-factors'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { Tx } from '@gatehouse/db/tenant'
import type { Standing } from './directory.ts'

/** The ways in which somebody can have proven who they are (RFC 8176; `recovery` and `fed` are ours). */
const amr = ['pwd', 'otp', 'recovery', 'fed'] as const
export type Amr = (typeof amr)[number]

export const isAmr = (word: string): word is Amr => (amr as readonly string[]).includes(word)

/** What somebody has shown so far. */
export interface Proof {
  readonly method: SignInMethod
  readonly amr: readonly Amr[]
  /** A code of a second factor, or a recovery code, where one came along. */
  readonly mfaCode?: string | undefined
  /** The second factors of the person, where they have been looked up ahead. */
  readonly factors?: Promise<readonly ConfirmedFactor[]>
  /** The session that the new one takes the place of: it ends in the same moment, and the new one when it would have. */
  readonly continues?: { readonly sessionId: string; readonly expiresAt: Date }
}

/** A second factor of a person that counts, as far as codes are checked against it. */
export interface ConfirmedFactor {
  readonly id: string
  readonly kind: (typeof factorKinds)[number]
  readonly sealedSecret: string
}

/** Looks up the second factors of a person that count. */
export type FindFactors = (userId: string) => Promise<readonly ConfirmedFactor[]>

/**
 * Lets somebody in who has proven themselves, and answers their tokens: every way of signing in ends here, so that each
 * asks for a live person, a live tenant, a proven address and a second factor where they are due.
 * @throws Problem wrong_credentials, mfa_required, mfa_enrolment_required
 */
export type SignIn = (authority: Standing, proof: Proof, origin: Origin) => Promise<Tokens>

/** Where a request to register came from, and what tells a repetition of it from another one. */
export interface RegistrationRequest {
  readonly origin: Origin
  readonly idempotencyKey?: string | undefined
}

/**
 * Makes a new person; safe against a crash at any step. Undefined where their address has to be proven before they can
 * sign in.
 */
export type Enter = (input: Register, request: RegistrationRequest) => Promise<Standing | undefined>

/** Somebody whom another provider vouches for. */
export interface ProvidedPerson {
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly emailVerified: boolean
}

/**
 * Makes a new person without a password, where the platform takes anybody.
 * @throws Problem registration.closed, registration.invite_only; user.email_taken
 */
export type EnterFromProvider = (person: ProvidedPerson, origin: Origin) => Promise<Standing>

/** Queues the mail by which a person proves their e-mail address, with a new token in it. */
export type SendVerification = (tx: Tx, authority: Standing) => Promise<void>

/**
 * What a second factor adds to a proof: nothing where none is due.
 * @throws Problem mfa_required, mfa_enrolment_required, wrong_mfa_code
 */
export type CheckSecondFactor = (authority: Standing, proof: Proof, origin: Origin) => Promise<readonly Amr[]>

/**
 * Asks for a second factor where the person has one, and accepts its code or a recovery code once. Never asks to set
 * one up: for what is to be done before somebody can sign in again, such as setting a new password by a link.
 * @throws Problem mfa_required, wrong_mfa_code
 */
export type VerifySecondFactor = (
  authority: Standing,
  mfaCode: string | undefined,
  origin: Origin,
) => Promise<void>

/**
 * Whether a password is a person's own. Costs the same for somebody unknown (undefined) or without a password.
 * @param signal of a request whose client may go away while the check waits for its turn
 * @throws Problem auth.busy, a 503, while too many wait
 */
export type CheckPassword = (
  userId: string | undefined,
  password: string,
  signal?: AbortSignal,
) => Promise<boolean>

/**
 * Has somebody who is signed in prove themselves once more, by all that they have set up.
 * @throws Problem reauthentication_failed; rate_limited
 */
export type Reauthenticate = (
  principal: Principal,
  proof: Reauthentication,
  origin: Origin,
) => Promise<Standing>

/** Ends sessions in the caller's transaction: all of a person's, or those that the rest of `which` leaves. @returns how many */
export type EndSessions = (
  tx: Tx,
  which: {
    readonly userId: string
    readonly tenantId?: string
    readonly sessionId?: string
    /** All but this one. */
    readonly except?: string
    readonly createdBefore?: Date
  },
  why: {
    readonly reason: SessionEnding
    readonly actor: Pick<Principal, 'kind' | 'id' | 'ownerId'>
    readonly origin: Origin
  },
) => Promise<number>
