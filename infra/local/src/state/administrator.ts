import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import type { Permission } from '@gatehouse/contracts/permissions'
import { writePrivate } from './private-file.ts'
import type { Secrets } from './secrets.ts'

export interface Administrator {
  readonly email: string
  readonly password: string
}

/** What a service asks auth about those who call it. */
const aboutCallers: readonly Permission[] = ['tokens:exchange', 'tokens:introspect']

/** What each service may ask of the others. What auth asks of the directory it asks with tokens of its own making. */
export const grants: Readonly<Record<ServiceName, readonly Permission[]>> = {
  auth: ['audit:write'],
  directory: ['audit:write', 'audit:reconcile', 'erasures:write', ...aboutCallers],
  audit: aboutCallers,
  'partner-gateway': ['audit:write', 'audit:reconcile', 'tenants:read', 'platform:read', ...aboutCallers],
}

/**
 * Writes down who is there from the beginning: `admin.json` for the people of the house and `bootstrap.json`, from which
 * auth makes the administrator and the service accounts. Both files are this user's alone.
 */
export const appointAdministrator = async (
  folder: string,
  secrets: Secrets,
): Promise<{ readonly administrator: Administrator; readonly bootstrapFile: string }> => {
  const administrator = {
    email: 'admin@gatehouse.localhost',
    password: secrets['administrator.password'].slice(0, 24),
  }
  const bootstrapFile = join(folder, 'bootstrap.json')
  await writePrivate(join(folder, 'admin.json'), administrator)
  await writePrivate(bootstrapFile, {
    administrator: { ...administrator, firstName: 'Platform', lastName: 'Administrator' },
    serviceAccounts: serviceNames.map((name) => ({
      name,
      secret: secrets[`${name}.secret`],
      permissions: grants[name],
    })),
  })
  return { administrator, bootstrapFile }
}
