import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { migrate } from '@gatehouse/db/migrate'
import type { Log } from '../log.ts'
import { superviseServer } from '../processes/supervise.ts'
import type { Secrets } from '../state/secrets.ts'
import { createServiceDatabase } from './databases.ts'
import { type Postgres, startPostgres } from './server.ts'

interface StorageOptions {
  /** Where the server keeps its data, if it is ours. */
  readonly folder: string
  readonly port: number
  readonly durable: boolean
  /** Of the superuser of a server of one's own: then none is started. */
  readonly ownUrl: string | undefined
  readonly secrets: Secrets
  readonly log: Log
}

export interface Storage {
  /** Of the superuser. */
  readonly url: string
  /** With what each service connects, as the role that owns nothing. */
  readonly databaseUrls: Readonly<Record<ServiceName, string>>
  /** Of the roles that own the databases. */
  readonly ownerUrls: Readonly<Record<ServiceName, string>>
  /** The server, when it is ours. */
  readonly postgres: Postgres | undefined
}

/**
 * Starts PostgreSQL and keeps it running, or takes the server of one's own; makes every service's database and roles
 * there as they have to be, and migrates them. What ends the server goes on `cleanup`.
 */
export const startStorage = async (
  options: StorageOptions,
  cleanup: AsyncDisposableStack,
): Promise<Storage> => {
  const { ownUrl, secrets, log } = options
  const postgres = ownUrl === undefined ? await startOurs(options, cleanup) : undefined
  const url = postgres?.url ?? ownUrl ?? ''
  log('postgres', 'making and migrating the databases')
  try {
    const databases = await Promise.all(
      serviceNames.map(async (service) => [service, await provision(url, service, secrets)] as const),
    )
    const urls = (of: 'appUrl' | 'ownerUrl') =>
      Object.fromEntries(databases.map(([service, database]) => [service, database[of]])) as ByService
    return { url, postgres, databaseUrls: urls('appUrl'), ownerUrls: urls('ownerUrl') }
  } catch (cause) {
    const message = `The databases could not be made on PostgreSQL at ${new URL(url).host}: ${(cause as Error).message}`
    throw new Error(message, { cause })
  }
}

type ByService = Readonly<Record<ServiceName, string>>

const provision = async (url: string, service: ServiceName, secrets: Secrets) => {
  const passwords = { owner: secrets[`${service}.database.owner`], app: secrets[`${service}.database.app`] }
  const database = await createServiceDatabase(url, service, passwords)
  await migrate({
    url: database.ownerUrl,
    folder: join(import.meta.dirname, '../../../../apps', service, 'migrations'),
  })
  return database
}

const startOurs = async ({ log, ...options }: StorageOptions, cleanup: AsyncDisposableStack) => {
  const say = (line: string) => log('postgres', line)
  const postgres = await startPostgres({ ...options, log: (line) => isTrouble(line) && say(line) })
  const supervised = superviseServer(postgres, say)
  cleanup.defer(() => supervised.stop(1500))
  return postgres
}

const isTrouble = (line: string) => /^(WARNING|ERROR|FATAL|PANIC):/.test(line)
