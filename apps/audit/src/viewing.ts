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
  if (!mayLookAround(principal)) {
    if ((filter.tenantId ?? principal.tenantId) !== principal.tenantId) return undefined
    return inside(log, principal.tenantId)
  }
  if (filter.tenantId === principal.tenantId) return inside(log, principal.tenantId)
  await record(log, reading)
  const tenantId = filter.tenantId
  return tenantId === undefined
    ? { tenantId, read: (work) => readInPlatform(log.db, work) }
    : inside(log, tenantId)
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

const inside = ({ db }: Log, tenantId: string): View => ({
  tenantId,
  read: (work) => readInTenant(db, tenantId, work),
})

async function record({ db, append, partitions }: Log, { principal, origin, filter }: Reading) {
  const asked = Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const entry = ownEntry('audit_log.read', {
    tenantId: filter.tenantId ?? platformTenantId,
    principal,
    origin,
    resourceId: filter.tenantId ?? null,
    data: { filter: Object.fromEntries(asked) },
  })
  await partitions.ensure([entry.occurredAt])
  await inPlatform(db, (tx) => append(tx, [entry]))
}
