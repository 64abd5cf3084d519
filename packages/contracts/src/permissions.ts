import * as z from 'zod'

/** Who can be given a permission: the people of a tenant, only the platform's administrators, or only services. */
export type Grantable = 'tenant' | 'platform' | 'service'

/** The closed list of what anyone may do, as `resource:action`. Roles, keys, clients and services draw on it alone. */
export const permissions = {
  'users:read': { grantable: 'tenant', description: 'See the people of the tenant.' },
  'users:write': {
    grantable: 'tenant',
    description: 'Change, deactivate and reactivate the people of the tenant.',
  },
  'roles:read': { grantable: 'tenant', description: 'See roles and who has them.' },
  'roles:write': { grantable: 'tenant', description: 'Create, change and delete the roles of the tenant.' },
  'roles:assign': { grantable: 'tenant', description: 'Give roles to people and take them away.' },
  'tenants:read': { grantable: 'tenant', description: 'See the tenant and its settings.' },
  'tenants:write': { grantable: 'tenant', description: 'Change the tenant and its settings.' },
  'tenants:create': { grantable: 'platform', description: 'Create tenants.' },
  'tenants:delete': { grantable: 'platform', description: 'Delete and restore tenants.' },
  'invites:read': { grantable: 'tenant', description: 'See the invites of the tenant.' },
  'invites:write': { grantable: 'tenant', description: 'Invite people and revoke invites.' },
  'api-keys:read': { grantable: 'tenant', description: "See other people's API keys (never the secret)." },
  'api-keys:write': { grantable: 'tenant', description: 'Create and delete API keys for other people.' },
  'sessions:read': { grantable: 'tenant', description: "See other people's sessions." },
  'sessions:write': { grantable: 'tenant', description: "End other people's sessions." },
  'audit:read': { grantable: 'tenant', description: "Read the tenant's audit log." },
  'partner-clients:read': { grantable: 'tenant', description: 'See the OAuth 2 clients of partners.' },
  'partner-clients:write': {
    grantable: 'tenant',
    description: 'Create, revoke and delete the OAuth 2 clients of partners.',
  },
  'platform:read': { grantable: 'platform', description: 'See past the own tenant.' },
  'platform:write': { grantable: 'platform', description: 'Act past the own tenant.' },
  'audit:write': { grantable: 'service', description: 'Write audit entries directly.' },
  'audit:reconcile': {
    grantable: 'service',
    description:
      'Ask which events of its own the audit log does not have, and which are of people who were erased.',
  },
  'erasures:write': {
    grantable: 'service',
    description: 'Have what is held on a person erased, who is gone from the directory.',
  },
  'registrations:write': {
    grantable: 'service',
    description: 'Enter a new person and their tenant into the directory.',
  },
  'principals:read': {
    grantable: 'service',
    description: 'Ask the directory who someone is and what they may do now.',
  },
  'principals:write': {
    grantable: 'service',
    description: 'Tell the directory what has been proven of someone, such as an e-mail address.',
  },
  'tokens:exchange': {
    grantable: 'service',
    description: 'Exchange a token or an API key for a narrower token for one service.',
  },
  'tokens:introspect': {
    grantable: 'service',
    description: 'Ask whether a token is good and what it says.',
  },
  'tokens:revoke': { grantable: 'service', description: 'Revoke tokens.' },
} as const satisfies Record<string, { grantable: Grantable; description: string }>

export type Permission = keyof typeof permissions

export const permissionNames = Object.keys(permissions) as Permission[]

const names: ReadonlySet<string> = new Set(permissionNames)

/** Whether a word of a token's `scope` is a permission of the closed list; compared to the letter. */
export const isPermission = (word: string): word is Permission => names.has(word)

/** A permission that a person, an API key or a partner's client can hold: any but those of services. */
export const GrantablePermission = z.enum(
  permissionNames.filter((name) => permissions[name].grantable !== 'service'),
)

/** Permissions to give, each once. */
export const PermissionList = z
  .array(GrantablePermission)
  .max(100)
  .overwrite((list) => [...new Set(list)])
