import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { env as ownEnvironment } from 'node:process'
import { startChild } from '../processes/child.ts'
import { fetchInto, newestIn } from './cache.ts'
import { natsFromApt } from './from-apt.ts'
import { natsFromRelease } from './from-release.ts'
import { oldestVersion, versionOf } from './version.ts'

interface Search {
  /** Its `PATH` and `XDG_CACHE_HOME` count. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** Gets a line when something is being fetched. */
  readonly log?: (line: string) => void
  /** Each unpacks a nats-server into the folder that it is given, and says where. */
  readonly fromApt?: (folder: string) => Promise<string>
  readonly fromRelease?: (folder: string) => Promise<string>
}

/**
 * The path of a nats-server of at least version 2.12.7: one on the PATH, else one fetched before, else that of a newer
 * suite of Debian or Ubuntu, else NATS' own release. Throws an error that says of each way why it failed.
 */
export const findNatsServer = async (search: Search = {}): Promise<string> => {
  const {
    env = ownEnvironment,
    log = () => {},
    fromApt = natsFromApt,
    fromRelease = natsFromRelease,
  } = search
  const { PATH = '', XDG_CACHE_HOME = '' } = env
  const cache = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'gatehouse', 'nats-server')
  const fetched = async (from: NonNullable<Search['fromApt']>) => {
    const kept = await newestIn(cache)
    if (kept !== undefined) return kept
    log('fetching a NATS server, once')
    return fetchInto(cache, from)
  }
  const ways = {
    [`a nats-server on the PATH, ${oldestVersion} or newer`]: () => onPath(PATH),
    'the package of a newer suite of Debian or Ubuntu': () => fetched(fromApt),
    "NATS' own release": () => fetched(fromRelease),
  }
  const reasons = ['NATS_URL, for a server of your own: not set']
  for (const [name, find] of Object.entries(ways)) {
    try {
      return await find()
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`)
    }
  }
  throw new Error(['There is no NATS server. It can come from', ...reasons].join('\n  - '))
}

const onPath = async (path: string) => {
  const programs = path.split(delimiter).map((folder) => join(folder, 'nats-server'))
  const reasons: string[] = []
  for (const program of programs.filter(existsSync)) {
    try {
      await versionOf(program)
      return program
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  throw new Error(reasons.join(', ') || 'there is none')
}

interface NatsOptions {
  /** The program, as `findNatsServer` gives it. */
  readonly binary: string
  /** The server's configuration file. */
  readonly config: string
  /** What the configuration file reads from the environment besides address and store: the passwords. */
  readonly env: Readonly<Record<string, string>>
  /** Where JetStream keeps its streams; made when it isn't there. */
  readonly folder: string
  /** Default: a free one. */
  readonly port?: number | undefined
  /** `false`: acknowledged messages may be lost in a power cut; for tests. Default: true. */
  readonly durable?: boolean
  /** Gets each line of the server's log. */
  readonly log?: (line: string) => void
}

export interface Nats {
  readonly url: string
  readonly port: number
  /** Of the HTTP endpoints `/healthz`, `/jsz` and so on. */
  readonly monitorUrl: string
  readonly pid: number
  /** Says how the present server process ended, once it has. */
  readonly ended: Promise<string>
  /** Ends the server as a crash would, with SIGKILL. */
  kill(): Promise<void>
  /** Starts the server again on the same ports after it has ended. */
  start(): Promise<void>
  /** Asks for an orderly end, and forces it after so many milliseconds. Default: 3000. */
  stop(patienceMs?: number): Promise<void>
}

/**
 * Starts a real NATS server with JetStream on 127.0.0.1. Another one left over on the same folder by a killed process
 * is ended first. Throws with the server's own words when it cannot start.
 */
export const startNats = async ({ folder, ...options }: NatsOptions): Promise<Nats> => {
  const place = resolve(folder)
  await mkdir(place, { recursive: true })
  let server = await launch(place, options)
  const { port, monitorPort } = server
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    get pid() {
      return server.child.pid
    },
    get ended() {
      return server.child.ended
    },
    async kill() {
      server.child.signal('SIGKILL')
      await server.child.ended
    },
    async start() {
      server = await launch(place, { ...options, port }, monitorPort)
    },
    stop: (patienceMs = 3000) => server.child.stop(patienceMs),
  }
}

const launch = async (folder: string, options: Omit<NatsOptions, 'folder'>, monitorPort = -1) => {
  const { binary, config, env, durable = true, port = -1, log = () => {} } = options
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  const child = await startChild({
    command: binary,
    args: ['--config', config],
    pidFile: join(folder, 'pid'),
    env: {
      NATS_HOST: '127.0.0.1',
      NATS_PORT: `${port}`,
      NATS_MONITOR_PORT: `${monitorPort}`,
      NATS_STORE_DIR: JSON.stringify(folder),
      NATS_STORE_LIMIT: '4GB',
      NATS_SYNC_INTERVAL: durable ? 'always' : '10m',
      ...env,
    },
    stopSignal: 'TERM',
    onLine(line) {
      log(line)
      if (line.endsWith('Server is ready')) ready.resolve()
      if (lines.length < 50) lines.push(line)
    },
  })
  const failed = child.ended.then((how) => {
    throw new Error(`NATS did not start (${how}):\n${lines.join('\n')}`)
  })
  failed.catch(() => {})
  await Promise.race([ready.promise, failed])
  const portIn = (text: string) => Number(lines.find((line) => line.includes(text))?.match(/:(\d+)$/)?.[1])
  return { child, port: portIn('Listening for client'), monitorPort: portIn('Starting http monitor') }
}
