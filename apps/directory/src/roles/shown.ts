import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Role } from './repository.ts'

/** A role as the API shows it. */
export const shown = ({ tenantId, permissions, createdAt, updatedAt, version: _, ...role }: Role) => ({
  ...role,
  tenantId: tenantId === platformTenantId ? null : tenantId,
  permissions,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})
