import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Conditional } from './http-semantics.ts'
import { ById } from './identifiers.ts'
import { isReservedKey } from './json-record.ts'
import { Currency, DateFormat, Locale, TimeZone } from './locale.ts'

/** What is switched on for a tenant: what the platform itself heeds, and flags of its products. */
const TenantFeatures = z
  .object({ mfaRequired: z.boolean().meta({ description: 'Nobody signs in without a second factor.' }) })
  .catchall(z.boolean())

const isFlagName = (name: string) => /^[A-Za-z][\w.-]{0,63}$/.test(name) && !isReservedKey(name)

const TenantFeaturesInput = TenantFeatures.partial()
  .refine((features) => Object.keys(features).length <= 100, 'Must be at most 100 flags')
  .refine((features) => Object.keys(features).every(isFlagName), 'Must be flags with plain names')

const HttpsUrl = z.url({ protocol: /^https$/ }).max(2048)
const Color = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/)
  .toLowerCase()
  .meta({ examples: ['#0a5c36'] })

/** How a tenant looks where its people meet it; null where it has nothing of its own. */
export const TenantBranding = z.object({
  logoUrl: HttpsUrl.nullable(),
  faviconUrl: HttpsUrl.nullable(),
  primaryColor: Color.nullable(),
  secondaryColor: Color.nullable(),
})

const Limit = z.int().min(1).max(1_000_000).nullable()

/** The settings that are in force: where a tenant has none of its own, the platform's. */
export const TenantSettings = z
  .object({
    locale: Locale,
    timezone: TimeZone,
    currency: Currency,
    dateFormat: DateFormat,
    maxUsers: Limit.meta({ description: 'How many people the tenant can have; null: any number.' }),
    maxInstances: Limit.meta({
      description: 'How many instances of a product it can have; null: any number.',
    }),
    features: TenantFeatures,
    branding: TenantBranding,
  })
  .meta({ id: 'TenantSettings' })
export type TenantSettings = z.infer<typeof TenantSettings>

/** What is left out stays as it is, also inside `features` and `branding`. */
export const UpdateTenantSettings = z.strictObject({
  ...TenantSettings.partial().shape,
  features: TenantFeaturesInput.optional(),
  branding: z.strictObject(TenantBranding.partial().shape).optional(),
})
export type UpdateTenantSettings = z.infer<typeof UpdateTenantSettings>

export const getTenantSettings = {
  method: 'GET',
  url: '/api/tenants/:id/settings',
  config: { access: 'tenants:read', partner: true },
  schema: {
    operationId: 'getTenantSettings',
    summary: 'Get the settings of a tenant, defaults filled in',
    tags: ['Tenants'],
    params: ById,
    response: { 200: TenantSettings },
  },
} as const satisfies Endpoint

export const updateTenantSettings = {
  method: 'PATCH',
  url: '/api/tenants/:id/settings',
  config: { access: 'tenants:write' },
  schema: {
    operationId: 'updateTenantSettings',
    summary: 'Change the settings of a tenant',
    description: 'Changing `maxUsers`, `maxInstances` or `features` also needs `platform:write`.',
    tags: ['Tenants'],
    params: ById,
    headers: Conditional,
    body: UpdateTenantSettings,
    response: { 200: TenantSettings },
  },
} as const satisfies Endpoint
