import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { migrate } from '@gatehouse/db/migrate'
import { findNatsServer, startNats } from '@gatehouse/local/nats/server'
import { createServiceDatabase } from '@gatehouse/local/postgresql/databases'
import { startPostgres } from '@gatehouse/local/postgresql/server'
import type { TestProject } from 'vitest/node'
import { natsConfig } from './nats-accounts.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the superuser; has a migrated database for each service, to be copied. */
    postgresUrl: string
    natsUrl: string
  }
}

const apps = resolve(import.meta.dirname, '../../../apps')

/** Starts, once a run, one PostgreSQL with a template database for every service, and one NATS. */
export async function setup(project: TestProject) {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), durable: false })
  started.defer(() => postgres.stop())
  const nats = await startTestNats(join(folder, 'nats'), project.globalConfig.maxWorkers)
  started.defer(nats.stop)

  await Promise.all(
    serviceNames.map(async (service) => {
      const { ownerUrl } = await createServiceDatabase(postgres.url, service, { owner: 'test', app: 'test' })
      await migrate({ url: ownerUrl, folder: join(apps, service, 'migrations') })
    }),
  )
  project.provide('postgresUrl', postgres.url)
  project.provide('natsUrl', nats.url)
  const servers = started.move()
  return () => servers.disposeAsync()
}

async function startTestNats(folder: string, accounts: number) {
  const config = `${folder}.conf`
  await writeFile(config, natsConfig(accounts, dirname(config)))
  return startNats({ binary: await findNatsServer(), config, env: {}, folder, durable: false })
}
