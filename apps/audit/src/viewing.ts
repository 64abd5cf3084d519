import type { auditEvents } from '@gatehouse/contracts/audit-events'
import type { EventData } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { eq } from 'drizzle-orm'
import type { Log } from './log.ts'
import { ownEntry } from './own-entry.ts'
import { entries } from './tables.ts'

interface Reading {
  readonly principal: Principal
  readonly origin: Origin
  /** What is asked for. */
  readonly filter: { readonly tenantId?: string | undefined; readonly [name: string]: string | undefined }
}

/** Confines what is read to a tenant, or to none. */
export interface View {
  /** Undefined: all tenants. */
  readonly tenantId: string | undefined
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/**
 * What somebody sees of the log: their tenant's part; with `platform:read` also another one's, or all, and that this was
 * read is recorded before it is: in the log of that tenant, or of the platform.
 * @returns undefined where they see nothing
 */
export async function viewOf(log: Log, reading: Reading): Promise<View | undefined> {
  const { principal, filter } = reading
  if (!maySee(principal, filter.tenantId)) return undefined
  const tenantId = mayLookAround(principal) ? filter.tenantId : principal.tenantId
  if (tenantId !== principal.tenantId) await record(log, 'audit_log.read', reading, {})
  return viewed(log, tenantId)
}

/** What somebody takes along of the log, as `viewOf`; that is recorded in any case. */
export async function viewToExport(log: Log, reading: Reading, format: string): Promise<View | undefined> {
  const { principal, filter } = reading
  if (!maySee(principal, filter.tenantId)) return undefined
  const tenantId = mayLookAround(principal) ? filter.tenantId : principal.tenantId
  await record(log, 'audit_log.exported', { ...reading, filter: { ...filter, tenantId } }, { format })
  return viewed(log, tenantId)
}

/** What somebody sees of one entry, as `viewOf`. */
export async function viewOfEntry(log: Log, reading: Omit<Reading, 'filter'>, id: string) {
  const { principal } = reading
  const tenantId = mayLookAround(principal)
    ? await readInPlatform(log.db, (tx) => tenantOf(tx, id))
    : principal.tenantId
  return tenantId === undefined ? undefined : viewOf(log, { ...reading, filter: { tenantId, id } })
}

async function tenantOf(tx: Tx, id: string) {
  const [entry] = await tx.select({ tenantId: entries.tenantId }).from(entries).where(eq(entries.id, id))
  return entry?.tenantId
}

const mayLookAround = ({ permissions }: Principal) => permissions.has('platform:read')

const maySee = (principal: Principal, tenantId = principal.tenantId) =>
  mayLookAround(principal) || tenantId === principal.tenantId

const viewed = ({ db }: Log, tenantId: string | undefined): View => ({
  tenantId,
  read: (work) => (tenantId === undefined ? readInPlatform(db, work) : readInTenant(db, tenantId, work)),
})

async function record<N extends keyof typeof auditEvents>(
  { db, append, partitions }: Log,
  name: N,
  { principal, origin, filter }: Reading,
  more: Omit<EventData<N>, 'filter'>,
) {
  const asked = Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const entry = ownEntry(name, {
    tenantId: filter.tenantId ?? platformTenantId,
    principal,
    origin,
    resourceId: filter.tenantId ?? null,
    data: { ...more, filter: Object.fromEntries(asked) } as EventData<N>,
  })
  await partitions.ensure([entry.occurredAt])
  await inPlatform(db, (tx) => append(tx, [entry]))
}
