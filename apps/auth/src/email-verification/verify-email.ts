import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import type { Directory } from '../directory.ts'
import { invalidLink } from '../errors.ts'
import { bearerOfOneTimeToken, redeemOneTimeToken } from '../one-time-tokens.ts'

export interface VerificationDeps {
  readonly db: Database
  readonly directory: Directory
}

/**
 * Takes a link as proof that the address which it was sent to is its bearer's, if it still is their address. The
 * directory hears of it first, so that nothing is spent while it is away; it may hear of it twice.
 * @throws invalidLink
 */
export async function verifyEmail(
  { db, directory }: VerificationDeps,
  token: string,
  origin: Origin,
): Promise<void> {
  const bearer = await readInPlatform(db, (tx) => bearerOfOneTimeToken(tx, 'verify_email', token))
  if (!bearer) throw invalidLink()
  const { userId, email } = bearer
  const isTheirs = await directory.verifyEmail({ userId, email }, origin)
  const isOurs = await inPlatform(db, (tx) => redeemOneTimeToken(tx, 'verify_email', token))
  if (!isTheirs || !isOurs) throw invalidLink()
}
