import { Readable } from 'node:stream'
import * as contract from '@gatehouse/contracts/audit-logs'
import { sentJson } from '@gatehouse/http/json-body'
import { pageOfList } from '@gatehouse/http/lists'
import type { Routes } from '@gatehouse/http/routes'
import * as z from 'zod'
import { entryNotFound, noCheckpoint } from '../errors.ts'
import type { Log } from '../log.ts'
import { repeatable } from '../repeatable.ts'
import type { SubjectKeys } from '../subject-keys.ts'
import { type View, viewOf, viewOfEntry, viewToExport } from '../viewing.ts'
import { exportEntries } from './export-entries.ts'
import * as entries from './repository.ts'
import { shown, shownInDetail } from './shown.ts'
import { writeEntry } from './write-entry.ts'

const Position = z.tuple([z.iso.datetime(), z.uuid()])

interface Deps {
  readonly log: Log
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  /** The whole ledger of a tenant, to be verified. */
  exportLedger(keys: SubjectKeys, view: View, tenantId: string): Promise<AsyncIterable<string>>
}

export const entryRoutes: Routes<Deps> = async (app, { log, requestKey, exportLedger }) => {
  app.route({
    ...contract.listAuditLogs,
    handler: async ({ principal, origin, query: { limit, cursor, page, ...filter } }) => {
      const view = await viewOf(log, { principal, origin, filter })
      // Another tenant looks as empty as one that isn't there.
      if (!view) return { data: [], nextCursor: null, ...(page !== undefined && { total: 0 }) }
      const confined = { ...filter, tenantId: view.tenantId }
      const found = await pageOfList(
        { limit, cursor, page },
        {
          key: Position,
          rows: (part) => view.read((tx) => entries.page(tx, confined, part)),
          keyOf: ({ occurredAt, id }) => [occurredAt.toISOString(), id] as [string, string],
          total: () => view.read((tx) => entries.total(tx, confined)),
        },
      )
      return { ...found, data: await Promise.all(found.data.map((entry) => shown(log.keys, entry))) }
    },
  })

  app.route({
    ...contract.getAuditLog,
    handler: async ({ principal, origin, params: { id } }) => {
      const view = await viewOfEntry(log, { principal, origin }, id)
      const entry = await view?.read((tx) => entries.byId(tx, view.tenantId, id))
      if (!entry) throw entryNotFound()
      return shownInDetail(log.keys, entry)
    },
  })

  app.route({
    ...contract.createAuditLog,
    handler: async (asked, reply) => {
      const { principal, origin, body } = asked
      const request = repeatable(requestKey, asked)
      const entry = await writeEntry(log, principal, body, { request, origin, sent: sentJson(asked) })
      return reply.code(201).send(await shown(log.keys, entry))
    },
  })

  app.route({
    ...contract.exportAuditLogs,
    handler: async ({ principal, origin, query: { format, ...filter } }, reply) => {
      const view = await viewToExport(log, { principal, origin, filter }, format)
      const { tenantId, ...narrowing } = { ...filter, tenantId: view?.tenantId }
      const isWhole = format === 'ndjson' && Object.values(narrowing).every((value) => value === undefined)
      if (!view) throw noCheckpoint()
      const lines =
        isWhole && tenantId !== undefined
          ? await exportLedger(log.keys, view, tenantId)
          : exportEntries(log.keys, view, filter, format)
      return reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
        .header('content-disposition', `attachment; filename="audit-log.${format}"`)
        .send(Readable.from(lines, { highWaterMark: 1 }))
    },
  })
}
