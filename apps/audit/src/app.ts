import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { entryRoutes } from './entries/routes.ts'
import { reconciliationRoutes } from './reconciliation/routes.ts'

export interface Deps {
  readonly db: Database
}

export function buildApp(server: ServerOptions, { db }: Deps) {
  const app = createServer(server)
  app.register(entryRoutes, { db })
  app.register(reconciliationRoutes, { db })
  return app
}
