import { expect, test } from 'vitest'
import { UpdateTenantSettings } from './tenant-settings.ts'

test.each([
  { maxUsers: 1 },
  { maxUsers: null },
  { features: { mfaRequired: true } },
  { features: { 'reports.beta': false } },
  { branding: { logoUrl: 'https://cdn.example.com/logo.svg', primaryColor: '#0a5c36' } },
  { branding: { logoUrl: null } },
])('settings can be changed one by one: %j', (settings) => {
  expect(UpdateTenantSettings.parse(settings)).toEqual(settings)
})

test.each([
  { maxUsers: 0 },
  { maxUsers: 1.5 },
  { maxUsers: '5' },
  { features: { mfaRequired: 'yes' } },
  { features: { constructor: true } },
  { features: { prototype: true } },
  { features: { 'a b': true } },
  { features: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, true])) },
  { branding: { logoUrl: 'http://cdn.example.com/logo.svg' } },
  { branding: { logoUrl: 'javascript:alert(1)' } },
  { branding: { logoUrl: `https://example.com/${'a'.repeat(2048)}` } },
  { branding: { primaryColor: 'red' } },
  { branding: { customCss: 'x' } },
  { timezone: '+02:00' },
  { owner: 'me' },
])('settings that would have no good effect are refused (%#)', (settings) => {
  expect(UpdateTenantSettings.safeParse(settings).success).toBe(false)
})
