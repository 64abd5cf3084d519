import { invalidSocialLogin, providerUnavailable } from '../errors.ts'
import type { AuthorizationAnswer, OAuthClient } from '../oauth-client.ts'

/**
 * Swaps an authorization code at its provider.
 * @throws invalidSocialLogin for a code that was used before or is somebody else's
 * @throws providerUnavailable for everything else that is no answer
 */
export const requestToken = (client: OAuthClient, answer: AuthorizationAnswer): Promise<unknown> =>
  client.exchange(answer).catch((cause: unknown) => {
    throw isInvalidGrant(cause) ? invalidSocialLogin({ cause }) : providerUnavailable({ cause })
  })

/** RFC 6749, section 5.2; the HTTP client keeps what was answered in the error's `data`. */
const isInvalidGrant = (error: unknown) =>
  (error as { data?: { payload?: { error?: unknown } } } | undefined)?.data?.payload?.error ===
  'invalid_grant'
