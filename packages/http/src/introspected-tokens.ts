import type { Origin } from '@gatehouse/contracts/origin'
import { rememberRecent } from './recent.ts'

/**
 * Asks the authorization server whether a token is good at this moment (RFC 7662).
 * @throws Problem 503 where it can't be asked
 */
export type IntrospectToken = (token: string, origin: Origin) => Promise<boolean>

const answerMs = 1_000
const capacity = 10_000

/** Makes what asks once a second at most for each token, and once for all who wait. A failure is nothing to remember. */
export function introspectOnce(introspect: IntrospectToken): IntrospectToken {
  const answers = rememberRecent<Promise<boolean>>({ lifeMs: answerMs, capacity })
  return (token, origin) => {
    const known = answers.get(token)
    if (known !== undefined) return known
    const answer = introspect(token, origin)
    answers.set(token, answer)
    answer.catch(() => answers.delete(token))
    return answer
  }
}
