import type * as z from 'zod'
import type { ServiceName } from './events.ts'
import type { Permission } from './permissions.ts'
import type { PrincipalKind } from './principal.ts'

/**
 * Who may call an endpoint. A permission: whoever holds it. `signed-in`: any principal. `public`: anyone.
 * An endpoint that states none does not boot.
 */
export type Access = Permission | 'signed-in' | 'public'

/**
 * Where a request names the person whose own record it is about; that person needs no permission. Only they themselves:
 * an API key acts for its owner and still needs the scope, or one without any would read whatever is its owner's.
 */
export type OwnRecord = 'params.userId' | 'querystring.userId' | 'body.userId'

/** One operation of the HTTP API, in Fastify's own route shape: the server, the client and the docs all read it. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: `/${string}`
  readonly config: {
    readonly access: Access
    /** Only these kinds of principal, whatever their permissions. */
    readonly kinds?: readonly PrincipalKind[]
    /** Only by a token that this service has exchanged for its caller's (RFC 8693), for what it is asked on their behalf. */
    readonly through?: ServiceName
    /** The caller's own record is always theirs. */
    readonly own?: OwnRecord
    /** Open to partner clients through the partner API. */
    readonly partner?: true
    /** Whose tokens it takes, where not ours: those that the partner gateway gives to clients, and no others. */
    readonly tokens?: 'partner'
    /** Failures are answered as RFC 6749 §5.2 asks, not as RFC 9457 problems. */
    readonly oauth?: true
    /** Asked for so often by machines that only failures are worth a line in the log. */
    readonly quiet?: true
  }
  readonly schema: {
    readonly operationId: string
    readonly summary: string
    readonly description?: string
    readonly tags: readonly [string]
    /** Left out of the OpenAPI document: between services only. */
    readonly hide?: true
    readonly params?: z.ZodObject
    readonly querystring?: z.ZodObject
    readonly headers?: z.ZodObject
    readonly body?: z.ZodType
    readonly response: Readonly<Record<number, z.ZodType>>
  }
}
