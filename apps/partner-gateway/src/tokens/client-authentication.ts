import type { KnownClient, KnownSecret } from '../known-clients.ts'

/** What of a request may say which client sends it. */
export interface Presented {
  readonly authorization: string | undefined
  /** Of the body; a parameter without a value counts as left out (RFC 6749, section 3.2). */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

/** Who a request says that it comes from, and whether it proves that. */
export interface Claim {
  readonly clientId: string
  /** The secret of the client that was shown. */
  provenBy(client: KnownClient): KnownSecret | undefined
}

/** One way in which a client proves which it is (RFC 6749, section 2.3). */
export interface AuthenticationMethod {
  /** As metadata name it (RFC 7591, section 2). */
  readonly name: string
  /** Undefined where the request doesn't go this way. @throws invalidClient where it does, and makes no sense */
  read(presented: Presented): Claim | undefined
}
