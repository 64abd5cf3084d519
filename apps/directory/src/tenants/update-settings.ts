import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { TenantSettings, UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { effectiveSettings, withChanges } from '../effective-settings.ts'
import { onlyThePlatform, tenantNotFound } from '../errors.ts'
import { actorOf, within } from '../reach.ts'
import * as tenants from './repository.ts'

const onlyPlatforms = ['maxUsers', 'maxInstances', 'features'] as const

interface Change {
  readonly id: string
  readonly changes: UpdateTenantSettings
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Changes the settings of a tenant; what is left out stays. They hold at once.
 * @throws tenantNotFound, onlyThePlatform, preconditionFailed
 */
export async function updateSettings(
  db: Database,
  principal: Principal,
  { id, changes, checkVersion }: Change,
  origin: Origin,
): Promise<{ settings: TenantSettings; version: number }> {
  within(principal, id, 'platform:write')
  const reserved = onlyPlatforms.filter((field) => changes[field] !== undefined)
  if (reserved.length > 0 && !principal.permissions.has('platform:write')) throw onlyThePlatform(reserved)

  return inTenant(db, id, async (tx) => {
    const tenant = await tenants.lock(tx, id)
    if (!tenant) throw tenantNotFound()
    const before = await tenants.settingsOf(tx, id)
    checkVersion(before.version)
    const own = withChanges(before.settings, changes)
    const version = await tenants.saveSettings(tx, id, own)
    const settings = effectiveSettings(own)
    const { version: tenantVersion } = await tenants.update(tx, id, {})
    await emit(tx, 'tenant.settings_updated', {
      tenantId: id,
      actor: actorOf(principal),
      aggregate: { id, version: tenantVersion },
      origin,
      data: { changed: Object.keys(changes) },
      before: effectiveSettings(before.settings),
      after: settings,
    })
    return { settings, version }
  })
}
