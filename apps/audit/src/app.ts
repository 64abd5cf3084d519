import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { entryRoutes } from './entries/routes.ts'
import { reconciliationRoutes } from './reconciliation/routes.ts'
import type { SubjectKeys } from './subject-keys.ts'

export interface Deps {
  readonly db: Database
  readonly keys: SubjectKeys
}

export function buildApp(server: ServerOptions, { db, keys }: Deps) {
  const app = createServer(server)
  app.register(entryRoutes, { db, keys })
  app.register(reconciliationRoutes, { db })
  return app
}
