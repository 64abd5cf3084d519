import type { Origin } from '@gatehouse/contracts/origin'
import { type Limit, networkOf } from '@gatehouse/throttle/throttle'

/** The limits on failed logins, narrowest first. The e-mail and the address are in their canonical form. */
export interface LoginLimits {
  readonly all: readonly Limit[]
  /**
   * On an account over all addresses, or its owner could be guessed at from a botnet (NIST SP 800-63B-4, section 3.2.2).
   * It does not hold for an address that the person has signed in from lately, or others could lock them out.
   */
  readonly account: Limit
}

const quarterOfAnHour = 900
const day = 86_400

/** For how long an address is familiar after a sign-in. Days. */
export const familiarDays = 90

/** They count by the e-mail, not by who has it: it makes no difference to them whether anybody does. */
export function loginLimits(email: string, { sourceIp }: Origin): LoginLimits {
  const network = networkOf(sourceIp)
  const account = { key: `login:account:${email}`, max: 100, windowSeconds: day }
  const all = [
    { key: `login:account-and-address:${email} ${network}`, max: 10, windowSeconds: quarterOfAnHour },
    { key: `login:address:${network}`, max: 100, windowSeconds: quarterOfAnHour },
    account,
  ]
  return { all, account }
}
