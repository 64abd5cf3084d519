import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { entryRoutes } from './entries/routes.ts'
import type { Log } from './log.ts'
import { reconciliationRoutes } from './reconciliation/routes.ts'

export interface Deps {
  readonly log: Log
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
}

export function buildApp(server: ServerOptions, { log, requestKey }: Deps) {
  const app = createServer(server)
  app.register(entryRoutes, { log, requestKey })
  app.register(reconciliationRoutes, log)
  return app
}
