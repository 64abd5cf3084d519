import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { createUseRecorder } from '@gatehouse/db/use-recorder'
import type { Log } from '@gatehouse/events/log'
import * as apiKeys from './repository.ts'

/** Makes what takes note that a key is in use, of each once in a minute at most. */
export const createRecordUse = ({ db, log }: { db: Database; log: Log }) =>
  createUseRecorder((ids) =>
    inPlatform(db, (tx) => apiKeys.markUsed(tx, ids)).catch((err: unknown) =>
      log.warn({ err }, 'could not record the use of API keys'),
    ),
  )
