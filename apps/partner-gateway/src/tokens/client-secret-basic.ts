import { invalidClient } from '../errors.ts'
import type { AuthenticationMethod } from './client-authentication.ts'
import { shownSecret } from './shown-secret.ts'

/** Identifier and secret by HTTP Basic, each form-encoded first (RFC 6749, section 2.3.1 and appendix B). */
export const clientSecretBasic: AuthenticationMethod = {
  name: 'client_secret_basic',
  read({ authorization }) {
    if (authorization === undefined) return undefined
    const [, encoded] = /^basic +([\w+/-]+=*)$/i.exec(authorization) ?? []
    const [, clientId, secret] =
      /^([^:]+):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? []
    if (clientId === undefined || secret === undefined) throw invalidClient()
    return { clientId: formDecoded(clientId), provenBy: shownSecret(formDecoded(secret)) }
  },
}

function formDecoded(text: string) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw invalidClient({ cause })
  }
}
