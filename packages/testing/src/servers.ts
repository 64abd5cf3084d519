import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { migrate } from '@gatehouse/db/migrate'
import { findNatsServer, startNats } from '@gatehouse/local/nats/server'
import { createServiceDatabase } from '@gatehouse/local/postgresql/databases'
import { startPostgres } from '@gatehouse/local/postgresql/server'
import type { TestProject } from 'vitest/node'
import { startDirectory } from './directory.ts'
import { natsConfig } from './nats-accounts.ts'
import { createIssuerKey, type IssuerKey } from './tokens.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the superuser; has a migrated database for each service, to be copied. */
    postgresUrl: string
    natsUrl: string
    /** The directory as a process of its own, for those that ask it; it believes tokens of `issuerKey`. */
    directoryUrl: string
    /** Of the directory's database, as the superuser: for states that nothing of its API leads to. */
    directoryDatabaseUrl: string
    issuerKey: IssuerKey
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
  const nats = await startTestNats(join(folder, 'nats'), project.globalConfig.maxWorkers + 1)
  started.defer(nats.stop)

  await Promise.all(
    serviceNames.map(async (service) => {
      const { ownerUrl } = await createServiceDatabase(postgres.url, service, { owner: 'test', app: 'test' })
      await migrate({ url: ownerUrl, folder: join(apps, service, 'migrations') })
    }),
  )
  const issuerKey = await createIssuerKey()
  const directory = await startDirectory({
    issuerKey,
    postgresUrl: postgres.url,
    natsUrl: nats.url,
    natsAccount: project.globalConfig.maxWorkers + 1,
  })
  started.defer(directory.stop)
  project.provide('directoryUrl', directory.url)
  project.provide('directoryDatabaseUrl', directory.databaseUrl)
  project.provide('issuerKey', issuerKey)
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
