import type { SessionEnding, SignInMethod } from '@gatehouse/contracts/events'
import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { Tx } from '@gatehouse/db/tenant'

/** A way in which somebody has proven who they are (RFC 8176; `recovery` and `fed` are ours). */
export type Amr = 'pwd' | 'otp' | 'recovery' | 'fed'

/** What somebody has shown so far. */
export interface Proof {
  readonly method: SignInMethod
  readonly amr: readonly Amr[]
  /** A code of a second factor, or a recovery code, where one came along. */
  readonly mfaCode?: string | undefined
}

/**
 * Lets somebody in who has proven themselves, and answers their tokens: every way of signing in ends here, so that each
 * asks for a live person, a live tenant, a proven address and a second factor where they are due.
 * @throws Problem wrong_credentials, mfa_required, mfa_enrolment_required
 */
export type SignIn = (authority: Authority, proof: Proof, origin: Origin) => Promise<Tokens>

/**
 * What a second factor adds to a proof: nothing where none is due.
 * @throws Problem mfa_required, mfa_enrolment_required, wrong_mfa_code
 */
export type CheckSecondFactor = (
  authority: Authority,
  proof: Proof,
  origin: Origin,
) => Promise<readonly Amr[]>

/** Whether a password is a person's own. Costs the same for somebody unknown (undefined) or without a password. */
export type CheckPassword = (userId: string | undefined, password: string) => Promise<boolean>

/** Ends sessions in the caller's transaction: all of a person's, or those that the rest of `which` leaves. */
export type EndSessions = (
  tx: Tx,
  which: {
    readonly userId: string
    readonly tenantId?: string
    readonly sessionId?: string
    /** All but this one. */
    readonly except?: string
  },
  why: {
    readonly reason: SessionEnding
    readonly actor: Pick<Principal, 'kind' | 'id'>
    readonly origin: Origin
  },
) => Promise<void>
