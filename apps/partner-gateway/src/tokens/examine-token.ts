import type { ExaminePartnerToken } from '@gatehouse/contracts/internal'
import { partsOfPartnerSession } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import * as z from 'zod'
import type { IsTenantActive } from '../known-tenants.ts'
import { type OwnTokenDeps, readOwnToken } from './own-token.ts'
import { stands } from './repository.ts'

export interface ExaminationDeps {
  readonly db: Database
  readonly isTenantActive: IsTenantActive
}

const Ids = z.object({ secretId: z.uuid(), tokenId: z.uuid() })

/**
 * Whether what a token stands on is there at this moment: its client, its secret, the token itself, and its tenant. As the
 * database and the directory have it, for the time in which the revocation feed does not tell.
 * @throws Problem 503 where that can't be found out
 */
export async function examineToken(
  { db, isTenantActive }: ExaminationDeps,
  { clientId, tenantId, sessionId }: ExaminePartnerToken,
): Promise<boolean> {
  const { data: ids } = Ids.safeParse(partsOfPartnerSession(sessionId))
  if (!ids) return false
  const isThere = await readInPlatform(db, (tx) => stands(tx, { clientId, tenantId, ...ids }))
  return isThere && isTenantActive(tenantId)
}

/** Makes what the partner API asks of itself about tokens, where other services ask auth. */
export const introspectOwn =
  (deps: ExaminationDeps & OwnTokenDeps) =>
  async (text: string): Promise<boolean> => {
    const token = await readOwnToken(deps, text)
    return (
      token !== undefined &&
      examineToken(deps, { clientId: token.sub, tenantId: token.tid, sessionId: token.sid })
    )
  }
