import * as z from 'zod'
import { providerRefused, providerUnavailable } from '../errors.ts'
import { fetchJson } from './limited-fetch.ts'

/** What is read of a provider's metadata (OpenID Connect Discovery, section 3; RFC 9207, section 3). */
const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  authorization_response_iss_parameter_supported: z.boolean().default(false),
})
export type Metadata = z.infer<typeof Metadata>

/**
 * Asks an OpenID provider for its metadata.
 * @param expected the issuer that they must name, to the letter (section 4.3)
 * @throws providerUnavailable, providerRefused
 */
export async function discover(url: string, expected: string): Promise<Metadata> {
  const document = await fetchJson(`${url}/.well-known/openid-configuration`).catch((cause: unknown) => {
    throw providerUnavailable({ cause })
  })
  const { data, error } = Metadata.safeParse(document)
  if (!data) throw providerRefused({ cause: error })
  if (data.issuer !== expected) throw providerRefused({ cause: new Error('The issuer is another one.') })
  const endpoints = [data.authorization_endpoint, data.token_endpoint, data.jwks_uri]
  // Plain HTTP is for a provider on this machine; whoever speaks HTTPS does so throughout.
  if (url.startsWith('https:') && endpoints.some((endpoint) => !endpoint.startsWith('https:')))
    throw providerRefused({ cause: new Error('An endpoint is not HTTPS.') })
  return data
}
