import { Problem } from '@gatehouse/contracts/problem'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Directory, Standing } from '../directory.ts'
import * as registrations from './repository.ts'

export interface CompletionDeps {
  readonly db: Database
  readonly directory: Directory
  /** What follows a registration, in the transaction that completes it: once, whoever completes it. */
  readonly onRegistered?: (tx: Tx, authority: Standing) => Promise<void>
  /** Tells the owner of an address that somebody tried to register with it, where who tried is not to hear that. */
  readonly onEmailTaken?: ((tx: Tx, owner: Standing) => Promise<void>) | undefined
}

/** The answers of the directory that no repetition changes: an address that is taken, an invite that is not good. */
const refusals: ReadonlySet<number> = new Set([403, 404, 409, 410])

type Intent = Pick<registrations.Registration, 'userId' | 'person' | 'passwordHash' | 'pepperId' | 'origin'>

/**
 * The steps from a written intent to a person who can sign in: the directory enters them, then their credential
 * takes the intent's place. Each may be repeated, by whoever and at once.
 * @throws Problem what the directory refused it for (the intent is dropped), or a 503 (it is kept)
 */
export async function completeRegistration(deps: CompletionDeps, intent: Intent): Promise<Standing> {
  const { db, directory, onRegistered } = deps
  const { userId, person, passwordHash, pepperId, origin } = intent
  try {
    const authority = await directory.register(person, origin)
    await inPlatform(db, async (tx) => {
      if (passwordHash !== null) await registrations.insertCredential(tx, { userId, passwordHash, pepperId })
      const isLast = await registrations.remove(tx, userId)
      if (isLast) await onRegistered?.(tx, authority)
    })
    return authority
  } catch (error) {
    if (error instanceof Problem && refusals.has(error.status)) await drop(deps, intent)
    throw error
  }
}

async function drop({ db, directory, onEmailTaken }: CompletionDeps, { userId, person, origin }: Intent) {
  const owner = onEmailTaken && (await directory.resolve({ email: person.email }, origin))
  await inPlatform(db, async (tx) => {
    const isFirst = await registrations.remove(tx, userId)
    if (isFirst && owner) await onEmailTaken(tx, owner)
  })
}
