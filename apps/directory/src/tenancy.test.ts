import { permissionNames } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'
import { tenantSettings } from './tables.ts'

test('no query reaches past its tenant, even without a where', async () => {
  const { app, as, db, enter } = await harness()
  const { person, answer } = await enter()
  expect(answer.statusCode).toBe(200)
  const { tenantId } = person
  await inPlatform(db, (tx) => tx.insert(tenantSettings).values({ tenantId, settings: { locale: 'de' } }))
  const headers = await as({ tenantId, subject: person.userId, permissions: permissionNames })
  const invited = await app.inject({
    method: 'POST',
    url: `/api/tenants/${tenantId}/invites`,
    headers,
    payload: { email: 'grace@navy.example' },
  })
  expect(invited.statusCode).toBe(201)
  const changed = await app.inject({
    method: 'PATCH',
    url: `/api/users/${person.userId}`,
    headers,
    payload: { email: 'countess@analytical.example' },
  })
  expect(changed.statusCode).toBe(200)
  const consented = await app.inject({
    method: 'POST',
    url: '/api/users/me/consent',
    headers,
    payload: { consentType: 'marketing', granted: true },
  })
  expect(consented.statusCode).toBe(201)
  const published = await app.inject({
    method: 'POST',
    url: `/api/tenants/${tenantId}/consent-texts`,
    headers,
    payload: { consentType: 'marketing', wordings: [{ locale: 'en', text: 'May we write to you?' }] },
  })
  expect(published.statusCode).toBe(201)
  const tables = [
    'consent_texts',
    'consents',
    'email_changes',
    'invites',
    'mails',
    'memberships',
    'outbox',
    'role_assignments',
    'roles',
    'tenant_settings',
  ]
  await sweepTenancy(db, tables, { sharedTables: ['roles'] })
})
