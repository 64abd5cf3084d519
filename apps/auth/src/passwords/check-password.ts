import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import type { Background } from '../background.ts'
import type { Passwords, StoredPassword } from '../passwords.ts'
import type { CheckPassword } from '../sign-in.ts'
import * as credentials from './repository.ts'

interface Deps {
  readonly db: Database
  readonly passwords: Passwords
  readonly background: Background
}

/** A password that is right gets a new stored form, after the answer, where that is not what it would be today. */
export const createCheckPassword =
  ({ db, passwords, background }: Deps): CheckPassword =>
  async (userId = uuidv7(), password, signal) => {
    const stored = await credentials.credentialOf(db.orm, userId)
    const isRight = await passwords.matches(password, stored, signal)
    if (isRight && stored && !passwords.isCurrent(stored))
      background('the new hash of a password', () => rehash({ db, passwords }, stored, password))
    return isRight
  }

type Credential = StoredPassword & { readonly userId: string }

async function rehash(
  { db, passwords }: Pick<Deps, 'db' | 'passwords'>,
  stored: Credential,
  password: string,
) {
  const next = await passwords.hash(password)
  await inPlatform(db, (tx) => credentials.rewriteCredential(tx, stored, next))
}
