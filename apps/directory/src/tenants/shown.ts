import type { Tenant as Shown } from '@gatehouse/contracts/tenants'
import type { Tenant } from './repository.ts'

/** A tenant as the API shows it. */
export const shown = ({ version: _, deletedAt, createdAt, updatedAt, ...tenant }: Tenant): Shown => ({
  ...tenant,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

/** What the audit log shows of a tenant. */
export const stateOf = ({ name, slug, type, country, config, status }: Tenant) => ({
  name,
  slug,
  type,
  country,
  config,
  status,
})
