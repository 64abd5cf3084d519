import { randomUUID } from 'node:crypto'
import type { Tx } from '@gatehouse/db/tenant'
import { type DeletePerson, eraseHere } from './erase-here.ts'
import * as requests from './erasure-repository.ts'

/**
 * Deletes somebody whom an administrator wants deleted, and has all services erase them as if they had asked for it
 * themselves, at once: whoever is deleted can't ask any more.
 * @throws what `deletePerson` does, and then nothing has happened
 */
export const eraseByAdministrator = (
  tx: Tx,
  { userId, deletePerson }: { userId: string; deletePerson: DeletePerson },
): Promise<void> =>
  eraseHere(tx, {
    userId,
    deletePerson,
    request: async () =>
      (await requests.openRequestOf(tx, userId)) ??
      (await requests.insert(tx, { id: randomUUID(), userId }, 0)),
  })
