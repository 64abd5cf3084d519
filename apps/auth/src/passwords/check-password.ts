import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import type { Passwords } from '../passwords.ts'
import type { CheckPassword } from '../sign-in.ts'
import * as credentials from './repository.ts'

export const createCheckPassword =
  ({ db, passwords }: { db: Database; passwords: Passwords }): CheckPassword =>
  async (userId = uuidv7(), password) => {
    const credential = await readInPlatform(db, (tx) => credentials.credentialOf(tx, userId))
    return passwords.matches(password, credential?.passwordHash)
  }
