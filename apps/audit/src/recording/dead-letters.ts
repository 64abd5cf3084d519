import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { DeadLetter } from '@gatehouse/events/dead-letter'
import type { Seal } from '@gatehouse/keys/seal'
import * as repository from './dead-letter-repository.ts'

export type Letter = Pick<DeadLetter, 'id' | 'subject' | 'body' | 'reason'>

/** Messages that can't be recorded are laid aside, and wait to be recorded after all. They may hold personal data, and are sealed. */
export interface DeadLetters {
  /** Lays letters aside in this transaction, each once however often it comes. */
  layAside(tx: Tx, letters: readonly Letter[]): Promise<void>
  /** Those that wait, the oldest first. */
  list(limit: number): Promise<readonly (Letter & { readonly laidAsideAt: Date })[]>
}

const about = (id: string) => `dead letter ${id}`

/** @param seal of the key-encryption key */
export function createDeadLetters(db: Database, seal: Seal): DeadLetters {
  return {
    async layAside(tx, letters) {
      const rows = letters.map(async ({ id, subject, reason, body }) => {
        const sealedBody = await seal.seal(about(id), Buffer.from(body).toString('base64'))
        return { id, subject: storable(subject), reason: storable(reason), sealedBody }
      })
      await repository.insert(tx, await Promise.all(rows))
    },
    async list(limit) {
      const rows = await readInPlatform(db, (tx) => repository.waiting(tx, limit))
      const letters = rows.map(async ({ sealedBody, ...letter }) => {
        const body = Buffer.from(await seal.unseal(about(letter.id), sealedBody), 'base64')
        return { ...letter, body }
      })
      return Promise.all(letters)
    },
  }
}

/** As PostgreSQL's text has it. */
const storable = (text: string) => text.replaceAll('\0', '').toWellFormed().slice(0, 1000)
