import type { AuthenticationMethod } from './client-authentication.ts'
import { shownSecret } from './shown-secret.ts'

/** Identifier and secret in the body. */
export const clientSecretPost: AuthenticationMethod = {
  name: 'client_secret_post',
  read({ clientId, clientSecret }) {
    if (clientSecret === undefined || clientId === undefined) return undefined
    return { clientId, provenBy: shownSecret(clientSecret) }
  },
}
