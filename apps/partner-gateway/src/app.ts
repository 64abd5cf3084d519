import type { ServiceName } from '@gatehouse/contracts/events'
import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { clientRoutes } from './clients/routes.ts'
import { docsRoutes } from './docs/routes.ts'

export interface Deps {
  readonly db: Database
  /** The base URLs of the other services. */
  readonly services: Readonly<Record<Exclude<ServiceName, 'partner-gateway'>, string>>
}

export function buildApp(server: ServerOptions, { db, services }: Deps) {
  const app = createServer(server)
  app.register(clientRoutes, { db })
  app.register(docsRoutes, { services })
  return app
}
