import type { AuditEntry, exportFormats } from '@gatehouse/contracts/audit-logs'
import { stringify } from 'csv-stringify/sync'
import type { SubjectKeys } from '../subject-keys.ts'
import type { View } from '../viewing.ts'
import * as entries from './repository.ts'
import { shown } from './shown.ts'

type Format = (typeof exportFormats)[number]

const atOnce = 500

/**
 * The entries that a view shows, newest first, as text of some hundred at a time. It reads on only when that is taken, holds
 * no connection meanwhile, and ends when nobody takes any more.
 */
export async function* exportEntries(
  keys: SubjectKeys,
  view: View,
  filter: entries.Filter,
  format: Format,
): AsyncGenerator<string> {
  const confined = { ...filter, tenantId: view.tenantId }
  const write = format === 'csv' ? asCsv : asNdjson
  let after: entries.Position | undefined
  if (format === 'csv') yield stringify([columns])
  for (;;) {
    const part = { limit: atOnce, offset: 0, after }
    const rows = await view.read((tx) => entries.page(tx, confined, part))
    const last = rows.at(-1)
    if (!last) return
    yield write(await Promise.all(rows.map((entry) => shown(keys, entry))))
    after = [last.occurredAt.toISOString(), last.id]
  }
}

const asNdjson = (rows: readonly AuditEntry[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const columns = [
  'id',
  'tenantId',
  'leafIndex',
  'occurredAt',
  'recordedAt',
  'service',
  'actorType',
  'actorId',
  'action',
  'resource',
  'resourceId',
  'correlationId',
  'sourceIp',
  'userAgent',
  'previousState',
  'newState',
  'metadata',
  'description',
  'erased',
] as const satisfies readonly (keyof AuditEntry)[]

/** What begins like a formula is not one in a spreadsheet (OWASP, CSV injection). */
const asCsv = (rows: readonly AuditEntry[]) =>
  stringify(
    rows.map((row) => columns.map((column) => textOf(row[column]))),
    { escape_formulas: true },
  )

const textOf = (value: AuditEntry[keyof AuditEntry]) =>
  value !== null && typeof value === 'object' ? JSON.stringify(value) : (value ?? '').toString()
