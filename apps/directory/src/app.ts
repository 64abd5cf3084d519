import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { peopleRoutes } from './people/routes.ts'
import { assignmentRoutes } from './roles/assignment-routes.ts'
import { roleRoutes } from './roles/routes.ts'
import { tenantRoutes, tenantStatusRoutes } from './tenants/routes.ts'
import { settingsRoutes } from './tenants/settings-routes.ts'
import { userRoutes } from './users/routes.ts'

export interface Deps {
  readonly db: Database
}

export function buildApp(server: ServerOptions, { db }: Deps) {
  const app = createServer(server)
  app.register(peopleRoutes, { db })
  app.register(userRoutes, { db })
  app.register(roleRoutes, { db })
  app.register(assignmentRoutes, { db })
  app.register(tenantRoutes, { db })
  app.register(tenantStatusRoutes, { db })
  app.register(settingsRoutes, { db })
  return app
}
