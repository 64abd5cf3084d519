import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { unauthenticated } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import type { Throttle } from '@gatehouse/throttle/throttle'
import type { Directory } from '../directory.ts'
import type { SendVerification } from '../sign-in.ts'

export interface RequestDeps {
  readonly db: Database
  readonly directory: Directory
  readonly throttle: Throttle
  readonly sendVerification: SendVerification
}

/**
 * Sends somebody another link that proves their address; nothing, where it is proven. Links before it are void.
 * @throws tooManyRequests after five an hour
 */
export async function requestVerification(
  { db, directory, throttle, sendVerification }: RequestDeps,
  { id: userId, tenantId }: Principal,
  origin: Origin,
): Promise<void> {
  await throttle.take([{ key: `verification:account:${userId}`, max: 5, windowSeconds: 3600 }])
  const authority = await directory.resolve({ userId, tenantId }, origin)
  if (authority?.user.status !== 'active') throw unauthenticated()
  await inTenant(db, tenantId, (tx) => sendVerification(tx, authority))
}
