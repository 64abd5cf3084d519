import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Register } from '@gatehouse/contracts/registration'
import type { Database } from '@gatehouse/db/connect'
import { createServer, type ServerOptions } from '@gatehouse/http/server'
import type { Directory } from './directory.ts'
import type { Issuer } from './issuer.ts'
import { keyRoutes } from './keys/routes.ts'
import type { Passwords } from './passwords.ts'
import { register } from './registrations/register.ts'
import { serviceAccountRoutes } from './service-accounts/routes.ts'
import { sessionRoutes } from './sessions/routes.ts'

export interface Deps {
  readonly db: Database
  readonly directory: Directory
  readonly issuer: Issuer
  readonly passwords: Passwords
  /** What successors of refresh tokens are derived with; 32 bytes. */
  readonly refreshKey: Uint8Array
}

export function buildApp(server: ServerOptions, deps: Deps) {
  const app = createServer(server)
  app.register(sessionRoutes, {
    ...deps,
    enter: (input: Register, origin: Origin): Promise<Authority> => register(deps, input, origin),
  })
  app.register(serviceAccountRoutes, deps)
  app.register(keyRoutes, deps)
  return app
}
