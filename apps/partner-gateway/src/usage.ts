import type { Origin } from '@gatehouse/contracts/origin'
import { isPermission, type Permission } from '@gatehouse/contracts/permissions'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** How a call ended: answered by what is behind, refused before that, or failed. */
export type Outcome =
  | 'answered'
  | 'refused_token'
  | 'refused_scope'
  | 'refused_address'
  | 'refused_limit'
  | 'refused_request'
  | 'failed'

/** One call of a client, for its account. */
export interface Call {
  readonly clientId: string
  readonly operation: string
  readonly outcome: Outcome
  /** As they went over the wire, headers included. */
  readonly bytesIn: number
  readonly bytesOut: number
  readonly ms: number
}

/** What there is to tell of a call besides. */
export interface MadeCall extends Call {
  readonly tenantId: string
  readonly method: string
  /** As the endpoint declares it. */
  readonly route: string
  readonly permission: Permission | undefined
  /** The code of the problem that it ended in here. */
  readonly reason: string | null
  readonly origin: Origin
}

/** Takes note of a call, and returns at once. */
export type NoteCall = (call: MadeCall) => void

/** What a client asks for that isn't open to it. */
export const notOpen = 'partnerNotOpen'

/** Counts every request that comes with a client's token, whatever becomes of it, also one for what no route has. */
export function countCalls(app: FastifyInstance, note: NoteCall) {
  const seen = new WeakMap<object, { read: number; written: number }>()
  app.addHook('onResponse', (request, reply, done) => {
    const { bearer, routeOptions, raw, method, failure, origin } = request
    const { bytesRead = 0, bytesWritten = 0 } = raw.socket
    // A connection serves one request after the other.
    const before = seen.get(raw.socket) ?? { read: 0, written: 0 }
    seen.set(raw.socket, { read: bytesRead, written: bytesWritten })
    if (bearer?.kind === 'partner_client') {
      const { access = '' } = routeOptions.config
      note({
        clientId: bearer.id,
        tenantId: bearer.tenantId,
        method,
        route: routeOptions.url ?? 'none',
        permission: isPermission(access) ? access : undefined,
        reason: failure,
        origin,
        operation: routeOptions.schema?.operationId ?? notOpen,
        outcome: outcomeOf(request, reply.statusCode),
        bytesIn: bytesRead - before.read,
        bytesOut: bytesWritten - before.written,
        ms: reply.elapsedTime,
      })
    }
    done()
  })
}

const ofFailure: Readonly<Record<string, Outcome>> = {
  'auth.invalid_token': 'refused_token',
  'auth.forbidden': 'refused_scope',
  'client.address_refused': 'refused_address',
  'request.rate_limited': 'refused_limit',
}

/** What is behind answers 4xx too; a request that ended here in a problem has a `failure`. */
function outcomeOf({ failure }: FastifyRequest, status: number): Outcome {
  if (failure !== null && Object.hasOwn(ofFailure, failure)) return ofFailure[failure] ?? 'failed'
  if (status >= 500) return 'failed'
  return failure === null ? 'answered' : 'refused_request'
}
