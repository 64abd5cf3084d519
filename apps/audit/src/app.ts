import { createServer, type ServerOptions } from '@gatehouse/http/server'
import { entryRoutes } from './entries/routes.ts'
import type { CheckpointKeys } from './ledger/checkpoint-keys.ts'
import { exportLedger } from './ledger/export-ledger.ts'
import { ledgerRoutes } from './ledger/routes.ts'
import type { Log } from './log.ts'
import type { MessageErasure } from './privacy/erase-messages.ts'
import { privacyRoutes } from './privacy/routes.ts'
import { reconciliationRoutes } from './reconciliation/routes.ts'
import { type RetentionBounds, retentionRoutes } from './retention/routes.ts'

export interface Deps {
  readonly log: Log
  readonly checkpointKeys: CheckpointKeys
  /** What erases messages of the stream. */
  readonly messages: Pick<MessageErasure, 'settle'>
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  /** How many events wait to be recorded. Rejects when that can't be told. */
  readonly backlog: () => Promise<number>
  readonly retention: RetentionBounds
}

export function buildApp(
  server: ServerOptions,
  { log, checkpointKeys, messages, requestKey, backlog, retention }: Deps,
) {
  const app = createServer(server)
  app.register(entryRoutes, { log, requestKey, exportLedger })
  app.register(ledgerRoutes, { log, keys: checkpointKeys })
  app.register(reconciliationRoutes, { db: log.db, backlog })
  app.register(retentionRoutes, { log, bounds: retention })
  app.register(privacyRoutes, { log, messages })
  return app
}
