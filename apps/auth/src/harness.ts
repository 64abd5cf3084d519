import { randomBytes } from 'node:crypto'
import type { Authority } from '@gatehouse/contracts/internal'
import { createTestDatabase } from '@gatehouse/testing/database'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from './app.ts'
import { createDirectory } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { signingKey } from './keys/signing-key.ts'
import { createPasswords } from './passwords.ts'

export const keyEncryptionKey = randomBytes(32)

/** Auth on a database of its own; without `directoryUrl`, with no directory that could be reached. */
export async function harness({ directoryUrl = 'http://127.0.0.1:9' } = {}) {
  const { db } = await createTestDatabase('auth')
  const testIssuer = await createTestIssuer()
  const issuer = createIssuer('http://issuer.test')
  issuer.use(await signingKey(db, keyEncryptionKey))
  const deps = {
    db,
    issuer,
    directory: createDirectory(directoryUrl, issuer),
    passwords: await createPasswords(randomBytes(32), 10),
    refreshKey: randomBytes(32),
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
  }
}

/** Where a request would have come from. */
export const origin = {
  correlationId: 'test-0001',
  sourceIp: '192.0.2.1',
  userAgent: 'test',
  traceparent: undefined,
}
