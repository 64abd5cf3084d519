/** What the platform asks of those who register and sign in. */
export interface Policy {
  /** Who may register: anybody, whoever was invited, or nobody. */
  readonly registration: 'open' | 'invite' | 'closed'
  /** Whether an e-mail address has to be proven before its owner can sign in. */
  readonly emailVerification: 'optional' | 'required'
  /** Whether somebody who registers hears that the e-mail address is taken. */
  readonly disclosesTakenEmail: boolean
}
