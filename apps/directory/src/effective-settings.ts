import type { TenantSettings, UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'

/** What holds where a tenant has set nothing of its own. */
const defaults = {
  locale: 'en',
  timezone: 'UTC',
  currency: 'EUR',
  dateFormat: 'YYYY-MM-DD',
  maxUsers: null,
  maxInstances: null,
  features: { mfaRequired: false },
  branding: { logoUrl: null, faviconUrl: null, primaryColor: null, secondaryColor: null },
} as const

/** The settings that are in force. */
export const effectiveSettings = (own: UpdateTenantSettings): TenantSettings => withChanges(defaults, own)

/** Settings with changes laid over them; inside `features` and `branding`, what is left out stays. */
export function withChanges<S extends UpdateTenantSettings>(settings: S, changes: UpdateTenantSettings): S {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
  return {
    ...settings,
    ...given,
    ...(changes.features && { features: { ...settings.features, ...changes.features } }),
    ...(changes.branding && { branding: { ...settings.branding, ...changes.branding } }),
  }
}
