import { type AuditEntry, listAuditLogs } from '@gatehouse/contracts/audit-logs'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import * as entries from './repository.ts'

const Position = z.tuple([z.iso.datetime(), z.uuid()])

export const entryRoutes: Routes<{ db: Database }> = async (app, { db }) => {
  app.route({
    ...listAuditLogs,
    handler: async ({ principal, query: { limit, cursor, page, ...filter } }) => {
      const tenantId = mayLookAround(principal) ? filter.tenantId : principal.tenantId
      // Another tenant looks as empty as one that isn't there.
      if (tenantId !== (filter.tenantId ?? tenantId)) return { data: [], nextCursor: null }

      const confined = { ...filter, tenantId }
      const read = <T>(work: (tx: Tx) => Promise<T>) =>
        tenantId === undefined ? readInPlatform(db, work) : readInTenant(db, tenantId, work)
      const found = await pageOfList(
        { limit, cursor, page },
        {
          key: Position,
          rows: (part) => read((tx) => entries.page(tx, confined, part)),
          keyOf: ({ occurredAt, id }) => [occurredAt.toISOString(), id] as [string, string],
          total: () => read((tx) => entries.total(tx, confined)),
        },
      )
      return { ...found, data: found.data.map(shown) }
    },
  })
}

const mayLookAround = ({ permissions }: Principal) => permissions.has('platform:read')

function shown({ occurredAt, recordedAt, ...entry }: entries.Entry): AuditEntry {
  return {
    ...entry,
    occurredAt: occurredAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    leafIndex: null,
  }
}
