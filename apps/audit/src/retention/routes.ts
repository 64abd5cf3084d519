import * as contract from '@gatehouse/contracts/audit-retention'
import type { Principal } from '@gatehouse/contracts/principal'
import { readInTenant } from '@gatehouse/db/tenant'
import type { Routes } from '@gatehouse/http/routes'
import { noCheckpoint } from '../errors.ts'
import type { Log } from '../log.ts'
import * as repository from './repository.ts'
import { type RetentionBounds, setRetention } from './set-retention.ts'

export type { RetentionBounds }

interface Deps {
  readonly log: Log
  readonly bounds: RetentionBounds
}

export const retentionRoutes: Routes<Deps> = async (app, { log, bounds }) => {
  const shown = (tenantId: string) =>
    readInTenant(log.db, tenantId, async (tx) => ({
      days: await repository.newest(tx, tenantId),
      inForceDays: await repository.inForce(tx, tenantId),
      ...bounds,
    }))

  app.route({
    ...contract.getAuditRetention,
    handler: async ({ principal, query }) => shown(tenantOf(principal, query.tenantId, 'platform:read')),
  })

  app.route({
    ...contract.setAuditRetention,
    handler: async ({ principal, origin, query, body: { days } }) => {
      const tenantId = tenantOf(principal, query.tenantId, 'platform:write')
      await setRetention(log, { principal, origin, tenantId, days, bounds })
      return shown(tenantId)
    },
  })
}

function tenantOf(
  { tenantId, permissions }: Principal,
  asked = tenantId,
  needed: 'platform:read' | 'platform:write',
) {
  if (asked !== tenantId && !permissions.has(needed)) throw noCheckpoint()
  return asked
}
