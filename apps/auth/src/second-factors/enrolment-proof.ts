import type { Amr, Proof } from '../sign-in.ts'

const made = new WeakSet<Proof>()

/**
 * What somebody has shown who set up their second factor on the way in. It can't be told from its looks, only by having
 * been made here: nothing outside this folder can make one that passes.
 */
export function proofOfEnrolment(shownBefore: readonly Amr[]): Proof {
  const proof: Proof = { method: 'mfa_enrolment', amr: [...shownBefore, 'otp'] }
  made.add(proof)
  return proof
}

export const isProofOfEnrolment = (proof: Proof) => made.has(proof)
