import type { Role } from './repository.ts'

/** What the audit log shows of a role. */
export const stateOf = ({ name, displayName, description, category, permissions, isActive }: Role) => ({
  name,
  displayName,
  description,
  category,
  permissions,
  isActive,
})
