import { listAuditLogs } from '@gatehouse/contracts/audit-logs'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import type { SubjectKeys } from '../subject-keys.ts'
import * as entries from './repository.ts'
import { shown } from './shown.ts'

const Position = z.tuple([z.iso.datetime(), z.uuid()])

interface Deps {
  readonly db: Database
  readonly keys: SubjectKeys
}

export const entryRoutes: Routes<Deps> = async (app, { db, keys }) => {
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
      return { ...found, data: await Promise.all(found.data.map((entry) => shown(keys, entry))) }
    },
  })
}

const mayLookAround = ({ permissions }: Principal) => permissions.has('platform:read')
