import type { Authority } from '@gatehouse/contracts/internal'
import { Problem } from '@gatehouse/contracts/problem'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Directory } from '../directory.ts'
import * as registrations from './repository.ts'

export interface CompletionDeps {
  readonly db: Database
  readonly directory: Directory
}

type Intent = Pick<registrations.Registration, 'userId' | 'person' | 'passwordHash' | 'origin'>

/**
 * The steps from a written intent to a person who can sign in: the directory enters them, then their credential
 * takes the intent's place. Each may be repeated, by whoever and at once.
 * @throws Problem what the directory refused it for (the intent is dropped), or a 503 (it is kept)
 */
export async function completeRegistration(
  { db, directory }: CompletionDeps,
  intent: Intent,
): Promise<Authority> {
  const { userId, person, passwordHash, origin } = intent
  try {
    const authority = await directory.register(person, origin)
    await inPlatform(db, async (tx) => {
      if (passwordHash !== null) await registrations.insertCredential(tx, { userId, passwordHash })
      await registrations.remove(tx, userId)
    })
    return authority
  } catch (error) {
    if (error instanceof Problem && error.status === 409) {
      await inPlatform(db, (tx) => registrations.remove(tx, userId))
    }
    throw error
  }
}
