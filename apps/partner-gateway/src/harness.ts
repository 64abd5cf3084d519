import { createTestDatabase } from '@gatehouse/testing/database'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { buildApp } from './app.ts'
import { createLimits } from './limits/limits.ts'

const nowhere = 'http://127.0.0.1:9'

/** The partner gateway on a database of its own, with no service behind it unless `services` says where. */
export async function harness(services: { auth?: string; directory?: string; audit?: string } = {}) {
  const { db } = await createTestDatabase('partner-gateway')
  const issuer = await createTestIssuer()
  const server = serverOptions('partner-gateway', issuer)
  const limits = createLimits({ db, log: server.log })
  const app = buildApp(server, {
    db,
    services: { auth: nowhere, directory: nowhere, audit: nowhere, ...services },
  })
  await app.ready()
  return { app, db, limits, issuer, as: issuer.as }
}
