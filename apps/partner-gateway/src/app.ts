import type { ServiceName } from '@gatehouse/contracts/events'
import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import type { Throttle } from '@gatehouse/throttle/throttle'
import type { ClientLimits } from './client-limits.ts'
import { clientRoutes } from './clients/routes.ts'
import { clientSecretRoutes } from './clients/secret-routes.ts'
import { docsRoutes } from './docs/routes.ts'
import { type Door, doorRoutes } from './door/routes.ts'
import { forwardAuthRoutes } from './forward-auth/routes.ts'
import type { PartnerIssuer } from './issuer.ts'
import { keyRoutes } from './keys/routes.ts'
import type { KnownClients } from './known-clients.ts'
import type { IsTenantActive } from './known-tenants.ts'
import { privacyRoutes } from './privacy/routes.ts'
import type { IsTenantThere } from './reach.ts'
import { createNoteUse } from './tokens/note-use.ts'
import { createRecordIssue } from './tokens/record-issue.ts'
import { createRefuse } from './tokens/refuse.ts'
import { tokenRoutes } from './tokens/routes.ts'
import { usageRoutes } from './usage/routes.ts'
import { countCalls, type NoteCall } from './usage.ts'

export interface Deps {
  readonly db: Database
  readonly issuer: PartnerIssuer
  readonly knownClients: KnownClients
  readonly isTenantActive: IsTenantActive
  readonly isTenantThere: IsTenantThere
  readonly limits: ClientLimits
  readonly throttle: Throttle
  /** Clears out of the outbox what audit has of people who were erased. */
  readonly clearRemnants: () => Promise<void>
  /** What the secrets of clients are derived with that may have to be shown again; 32 bytes. */
  readonly secretKey: Uint8Array
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  /** The base URLs of the other services. */
  readonly services: Readonly<Record<Exclude<ServiceName, 'partner-gateway'>, string>>
  readonly noteCall: NoteCall
  readonly narrow: Door['narrow']
  readonly upstreamTimeoutMs: number
}

export function buildApp(server: ServerOptions, deps: Deps) {
  const { isRevoked, issuer: platformUrl } = server.authentication
  const admission = { clients: deps.knownClients, limits: deps.limits }
  const app = createServer(server)
  countCalls(app, deps.noteCall)
  app.register(clientRoutes, deps)
  app.register(clientSecretRoutes, deps)
  app.register(keyRoutes, deps)
  app.register(tokenRoutes, {
    ...deps,
    platformUrl,
    isRevoked,
    refuse: createRefuse(deps),
    recordIssue: createRecordIssue(deps.db),
    noteUse: createNoteUse({ ...deps, log: server.log }),
  })
  app.register(usageRoutes, deps)
  app.register(doorRoutes, { ...deps, admission })
  app.register(forwardAuthRoutes, { admission })
  app.register(docsRoutes, deps)
  app.register(privacyRoutes, deps)
  return app
}
