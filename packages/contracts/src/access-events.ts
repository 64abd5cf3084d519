import * as z from 'zod'
import type { EventDeclarations } from './event.ts'
import type { Origin } from './origin.ts'
import type { Permission } from './permissions.ts'
import type { Principal } from './principal.ts'

/** Why a request was refused: by a credential that is not good, by what it permits, as one too many, as an attempt at what isn't open, or as no HTTP that is one. */
export const denialStatuses = [400, 401, 403, 404, 405, 413, 417, 429, 431] as const

/** A request that was refused for who sent it, how often, what for, or as made to be read in two ways. Nothing of its URL, body or credential is part of it. */
export interface Denial {
  readonly status: (typeof denialStatuses)[number]
  /** The code of the problem that it was answered with. */
  readonly reason: string
  readonly method: string
  /** As the endpoint declares it, e.g. `/api/users/:id`. */
  readonly route: string
  /** What the endpoint asks for. */
  readonly permission: Permission | undefined
  /** Whom the credential names, if its signature is good: it may be revoked. */
  readonly bearer: Principal | undefined
  /** The address it came from; of an IPv6 address the /64. */
  readonly network: string
  readonly origin: Origin
}

/** What every service tells of itself, whichever it is. */
export const accessEvents = {
  'access.denied': {
    version: 1,
    person: 'nobody',
    summary:
      'Requests were refused: not permitted, by a credential that is not good, as too many, as attempts at what is not open, or as malformed HTTP.',
    data: z.object({
      status: z.literal(denialStatuses),
      reason: z.string().meta({ examples: ['auth.forbidden'] }),
      method: z.string(),
      route: z.string(),
      permission: z.string().nullable(),
      /** How many there were of the same sender, route and reason, from `since` on. */
      count: z.int().positive(),
      since: z.iso.datetime(),
    }),
  },
  'platform_access.read': {
    version: 1,
    summary: 'An administrator of the platform looked at something of a tenant.',
    person: 'nobody',
    data: z.object({ method: z.string(), path: z.string() }),
  },
} as const satisfies EventDeclarations
