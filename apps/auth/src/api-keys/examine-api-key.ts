import { apiKeyId } from '@gatehouse/contracts/api-key-format'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import type { ExamineApiKey } from '../api-key.ts'
import { createRecordUse } from './record-use.ts'
import * as apiKeys from './repository.ts'
import { isKeyOf } from './secret.ts'

/** Makes what looks up the key that a caller shows, and takes note of its use without making anybody wait. */
export function createExamineApiKey({ db, log }: { db: Database; log: Log }): ExamineApiKey {
  const recordUse = createRecordUse({ db, log })
  return async (text) => {
    if (apiKeyId(text) === undefined) return undefined
    const found = await readInPlatform(db, (tx) => findPresentedKey(tx, text))
    if (!found) return undefined
    const { digest: _, ...key } = found
    recordUse(key.id)
    return key
  }
}

/** The live key that a text is: found by the id in it, and then compared as a whole. */
export async function findPresentedKey(tx: Tx, text: string) {
  const id = apiKeyId(text)
  const key = id === undefined ? undefined : await apiKeys.liveById(tx, id)
  return key && isKeyOf(key.digest, text) ? key : undefined
}
