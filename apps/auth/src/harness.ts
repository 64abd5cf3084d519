import { randomBytes } from 'node:crypto'
import type { Authority } from '@gatehouse/contracts/internal'
import { createMailQueue } from '@gatehouse/mail/mails'
import { createTestDatabase } from '@gatehouse/testing/database'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { v7 as uuidv7 } from 'uuid'
import { inject } from 'vitest'
import { buildApp } from './app.ts'
import { createDirectory } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { createPasswords } from './passwords.ts'
import { createThrottle } from './throttle.ts'

export const keyEncryptionKey = randomBytes(32)

/** Where nobody listens. */
export const nowhere = 'http://127.0.0.1:9'

/** Auth on a database of its own, beside the directory that all tests share. */
export async function harness({ directoryUrl = inject('directoryUrl') } = {}) {
  const { db } = await createTestDatabase('auth')
  const testIssuer = await createTestIssuer(inject('issuerKey'))
  const issuer = createIssuer(testIssuer.issuer)
  issuer.use(testIssuer.key)
  const deps = {
    db,
    issuer,
    directory: createDirectory(directoryUrl, issuer),
    passwords: await createPasswords(randomBytes(32), 10),
    refreshKey: randomBytes(32),
    throttle: createThrottle(db),
    queueMail: createMailQueue(keyEncryptionKey),
  }
  const app = buildApp(serverOptions('auth', testIssuer), deps)
  await app.ready()
  return { app, ...deps, testIssuer, as: testIssuer.as }
}

/** Somebody as the directory would describe them. */
export function somebody(): Authority {
  const tenantId = uuidv7()
  const now = new Date().toISOString()
  const names = { email: 'ada@analytical.example', firstName: 'Ada', lastName: 'Lovelace' }
  return {
    user: {
      id: uuidv7(),
      ...names,
      emailVerified: false,
      status: 'active',
      tenantId,
      roles: ['tenant-admin'],
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    },
    tenants: [{ id: tenantId, name: 'Analytical Engines', roles: ['tenant-admin'] }],
    permissions: ['users:read'],
    tenant: {
      name: 'Analytical Engines',
      status: 'active',
      locale: 'en',
      mfaRequired: false,
      branding: { logoUrl: null, faviconUrl: null, primaryColor: null, secondaryColor: null },
    },
  }
}

/** Where a request would have come from. */
export const origin = {
  correlationId: 'test-0001',
  sourceIp: '192.0.2.1',
  userAgent: 'test',
  traceparent: undefined,
}
