import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { createUseRecorder } from '@gatehouse/db/use-recorder'
import type { Log } from '@gatehouse/events/log'
import { markUsed } from './repository.ts'

/** Makes what takes note that a secret, and so its client, is in use, of each once in a minute at most. */
export const createNoteUse = ({ db, log }: { db: Database; log: Log }) =>
  createUseRecorder((ids) =>
    inPlatform(db, (tx) => markUsed(tx, ids)).catch((err: unknown) =>
      log.warn({ err }, 'could not record the use of secrets'),
    ),
  )
