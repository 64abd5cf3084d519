import type { Permission } from '@gatehouse/contracts/permissions'
import { problem } from '@gatehouse/contracts/problem'

const beyond = problem(
  'client.beyond_own_permissions',
  403,
  'A client cannot have a scope that its creator lacks.',
)

/** Names the scopes that the creator lacks. */
export const beyondOwnPermissions = (lacking: readonly Permission[]) =>
  beyond({ detail: `A client cannot have a scope that its creator lacks: ${lacking.join(', ')}.` })
