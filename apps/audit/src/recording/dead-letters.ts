import { createHash } from 'node:crypto'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { DeadLetter } from '@gatehouse/events/dead-letter'
import type { Seal } from '@gatehouse/keys/seal'
import * as z from 'zod'
import { eraseLettersOf } from '../remnants.ts'
import { besideForgetting, forgottenOf } from '../subject-keys.ts'
import * as repository from './dead-letter-repository.ts'

export type Letter = Pick<DeadLetter, 'id' | 'subject' | 'body' | 'reason'> &
  Partial<Pick<DeadLetter, 'sequence'>>

/**
 * Messages that can't be recorded are laid aside, and wait to be recorded after all. They may hold personal data, and are sealed:
 * of each person or tenant whose id stands in one, and it goes when one of them is forgotten; where none does, nobody can say
 * whose it is, and it goes after 30 days.
 */
export interface DeadLetters {
  /** Lays letters aside in this transaction, each once however often it comes. */
  layAside(tx: Tx, letters: readonly Letter[]): Promise<void>
  /** Those that wait, the oldest first. */
  list(limit: number): Promise<readonly (Letter & { readonly laidAsideAt: Date })[]>
  /** How many this process has laid aside. */
  count(): number
}

/** What the body of a letter is sealed about. */
export const aboutDeadLetter = (id: string) => `dead letter ${id}`

/** @param seal of the key-encryption key */
export function createDeadLetters(db: Database, seal: Seal): DeadLetters {
  let count = 0
  const layOneAside = async (tx: Tx, { subject, reason, body, sequence, ...letter }: Letter) => {
    const id = eventIn(body) ?? letter.id
    const mentions = idsIn(body)
    const sealedBody = await seal.seal(aboutDeadLetter(id), Buffer.from(body).toString('base64'))
    const row = { id, subject: storable(subject), reason: storable(reason), sealedBody, sequence }
    await repository.insert(tx, row, mentions)
    for (const forgotten of await forgottenOf(tx, mentions)) await eraseLettersOf(tx, forgotten)
  }
  return {
    count: () => count,
    async layAside(tx, letters) {
      await besideForgetting(tx)
      for (const letter of letters) await layOneAside(tx, letter)
      count += letters.length
    },
    async list(limit) {
      const rows = await readInPlatform(db, (tx) => repository.waiting(tx, limit))
      const letters = rows.map(async ({ sealedBody, sequence, ...letter }) => {
        const body = Buffer.from(await seal.unseal(aboutDeadLetter(letter.id), sealedBody), 'base64')
        return { ...letter, body, ...(sequence !== null && { sequence }) }
      })
      return Promise.all(letters)
    },
  }
}

/**
 * What a message goes by that has the id of an event: that id, by which it is known not to be lost, and a digest, so that
 * none can keep another out. The same event that is sent again is the same letter.
 */
function eventIn(body: Uint8Array): string | undefined {
  try {
    const { id } = Event.parse(JSON.parse(Buffer.from(body).toString('utf8')))
    return `${id}.${createHash('sha256').update(body).digest('hex')}`
  } catch {
    return undefined
  }
}

/** Every UUID in it, in lower case, however JSON spells it. */
function idsIn(body: Uint8Array): string[] {
  const text = Buffer.from(body).toString('utf8')
  const found = spelledOut(text).match(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi) ?? []
  return [...new Set(found.map((id) => id.toLowerCase()))]
}

function spelledOut(text: string) {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

const Event = z.looseObject({ id: z.uuid().toLowerCase() })

/** As PostgreSQL's text has it. */
const storable = (text: string) => text.replaceAll('\0', '').toWellFormed().slice(0, 1000)
