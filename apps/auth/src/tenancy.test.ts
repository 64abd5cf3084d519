import { randomBytes } from 'node:crypto'
import { inPlatform } from '@gatehouse/db/tenant'
import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { v7 as uuidv7 } from 'uuid'
import { test } from 'vitest'
import { harness, origin, somebody } from './harness.ts'
import { startSession } from './sessions/start-session.ts'
import { apiKeys, oneTimeTokens } from './tables.ts'

test('no query reaches past its tenant, even without a where', async () => {
  const deps = await harness()
  const { user } = somebody()
  await startSession(deps, somebody(), { method: 'password', amr: ['pwd'] }, origin)
  await inPlatform(deps.db, async (tx) => {
    const about = { tenantId: user.tenantId, userId: user.id, digest: randomBytes(32) }
    const key = { id: uuidv7(), name: 'ci', prefix: 'gate_live_', lastFour: '1234', scopes: [] }
    await tx.insert(apiKeys).values({ ...about, ...key })
    const token = { purpose: 'verify_email', email: user.email, expiresAt: new Date() } as const
    await tx.insert(oneTimeTokens).values({ ...about, ...token })
    const mail = { to: user.email, subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
    await deps.queueMail(tx, { tenantId: user.tenantId, subjectId: user.id, ...mail })
  })
  const tables = ['api_keys', 'mails', 'one_time_tokens', 'outbox', 'refresh_tokens', 'sessions']
  await sweepTenancy(deps.db, tables)
})
