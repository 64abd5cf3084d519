import type { Origin } from '@gatehouse/contracts/origin'
import { mayCallFrom } from '../addresses.ts'
import { addressNotAllowed, invalidClient, severalCredentials } from '../errors.ts'
import type { KnownClient, KnownClients, KnownSecret } from '../known-clients.ts'
import { authenticationMethods } from './authentication-methods.ts'
import type { Claim, Presented } from './client-authentication.ts'
import type { Refuse } from './refuse.ts'

export interface AuthenticationDeps {
  readonly knownClients: KnownClients
  readonly refuse: Refuse
}

export interface Authenticated {
  readonly client: KnownClient
  readonly secret: KnownSecret
}

/**
 * Which client sends a request, by one of `authenticationMethods`, and from an address of its list.
 * @throws invalidClient
 * @throws severalCredentials
 * @throws addressNotAllowed
 * @throws tooManyRequests after too many that were refused
 */
export async function authenticateClient(
  deps: AuthenticationDeps,
  presented: Presented,
  origin: Origin,
): Promise<Authenticated> {
  const authenticated = await provenClient(deps, claimOf(presented), origin)
  const { client } = authenticated
  if (mayCallFrom(client, origin.sourceIp)) return authenticated
  return deps.refuse({ reason: 'address_not_allowed', client, error: addressNotAllowed() }, origin)
}

/**
 * Who isn't known is looked for in the database, and so is one whose secret doesn't fit, which may be a moment old: both take
 * the same time, and get the same answer.
 */
async function provenClient(
  { knownClients, refuse }: AuthenticationDeps,
  claim: Claim,
  origin: Origin,
): Promise<Authenticated> {
  const proven = provenBy(claim, knownClients.remembered(claim.clientId))
  if (proven) return proven
  const client = await knownClients.read(isPlausible(claim.clientId) ? claim.clientId : nobody)
  const nowProven = provenBy(claim, client)
  if (nowProven) return nowProven
  return refuse(
    { reason: client ? 'wrong_secret' : 'unknown_client', client, error: invalidClient() },
    origin,
  )
}

/** What no identifier looks like is not put before the database, but an identifier that nobody has. */
const isPlausible = (clientId: string) => /^[\w-]{1,64}$/.test(clientId)
const nobody = 'nobody'

function claimOf(presented: Presented): Claim {
  const claims = authenticationMethods.flatMap((method) => method.read(presented) ?? [])
  const [claim, another] = claims
  // "The client MUST NOT use more than one authentication method in each request" (RFC 6749, section 2.3).
  if (another) throw severalCredentials()
  if (!claim) throw invalidClient()
  if (presented.clientId !== undefined && presented.clientId !== claim.clientId) throw severalCredentials()
  return claim
}

function provenBy(claim: Claim, client: KnownClient | undefined): Authenticated | undefined {
  const secret = client && claim.provenBy(client)
  return client && secret && { client, secret }
}
