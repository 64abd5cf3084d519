import { unauthenticated } from '@gatehouse/contracts/problems'
import { invalidToken } from './failures.ts'

/** The problem of a request that shows no credential (RFC 6750, section 3). */
export const missingCredential = () => unauthenticated({ headers: challenge() })

/** The problem of one whose credential is not good. @param cause for the log only */
export const refusedCredential = (cause?: unknown) =>
  invalidToken({ cause, headers: challenge(', error="invalid_token"') })

const challenge = (error = '') => ({ 'www-authenticate': `Bearer realm="gatehouse"${error}` })
