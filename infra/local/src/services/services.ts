import { join, resolve } from 'node:path'
import { execPath, env as ownEnvironment } from 'node:process'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import type { Log } from '../log.ts'
import { startChild } from '../processes/child.ts'
import { signalIfThere } from '../processes/signal.ts'
import { supervise } from '../processes/supervise.ts'
import { freePort } from '../state/ports.ts'
import { type Surroundings, serviceEnvironment } from './environment.ts'
import { untilReady } from './readiness.ts'

const root = resolve(import.meta.dirname, '../../../..')
/** What is young in the heap of a service gets 8 MB at a time: with less it is ever collecting. */
const youngSpace = '--max-semi-space-size=8'

/** What Node.js is started with for the sources of a service. */
export const nodeOptions: readonly string[] = [
  youngSpace,
  '--import',
  join(root, 'packages/db/src/commonjs-drizzle.ts'),
]

/** One process of a service, started again whenever it ends. */
interface Instance {
  readonly url: string
  readonly pid: number
  /** Has it end in good order, and waits until the next one is ready. @returns how it ended, in a few words */
  restart(): Promise<string>
}

export interface Service {
  /** Where it is called. */
  readonly url: string
  /** Of the present process of its first instance. */
  readonly pid: number
  readonly instances: readonly Instance[]
  /** Ends its process as a crash would; it is started again. */
  kill(): void
  /**
   * Starts one more process of it on a free port, with these settings in place of its own, and waits until it is ready.
   * It is not started again when it ends.
   */
  replica(env?: Readonly<Record<string, string>>): Promise<Replica>
}

interface Replica {
  readonly url: string
  stop(): Promise<void>
}

interface ServicesOptions extends Surroundings {
  /** Where the instances of each service listen. */
  readonly instances: Readonly<Record<ServiceName, readonly string[]>>
  /** Where the numbers of their processes are kept. */
  readonly folder: string
  /** The file that each is started with. Default: its sources. */
  readonly programs?: Readonly<Record<ServiceName, string>> | undefined
  /** Settings for all of them besides, or in place of, those that they get here. */
  readonly env: Readonly<Record<string, string>>
  readonly log: Log
}

/**
 * Starts the services as processes of their own, and each again when it ends, and waits until all are ready. Throws when
 * they are not within a minute, and says what is missing. What ends them goes on `cleanup`.
 */
export const startServices = async (
  options: ServicesOptions,
  cleanup: AsyncDisposableStack,
): Promise<Readonly<Record<ServiceName, Service>>> => {
  const stops: (() => Promise<void>)[] = []
  cleanup.defer(async () => void (await Promise.all(stops.map((stop) => stop()))))
  const services = serviceNames.map(async (name) => {
    const supervised = await Promise.all(
      options.instances[name].map((url, n) => startInstance(name, { url, n }, options)),
    )
    stops.push(...supervised.map(({ stop }) => stop))
    const [first] = supervised
    const service: Service = {
      url: options.urls[name],
      get pid() {
        return first?.pid ?? 0
      },
      instances: supervised,
      kill: () => signalIfThere(service.pid, 'SIGKILL'),
      replica: (env = {}) => startReplica(name, { ...options, env: { ...options.env, ...env } }),
    }
    return [name, service] as const
  })
  const started = Object.fromEntries(await Promise.all(services)) as Record<ServiceName, Service>
  const all = Object.entries(options.instances).flatMap(([name, urls]) =>
    urls.map((url, n) => [n === 0 ? name : `${name} ${n + 1}`, url] as const),
  )
  const missing = await untilReady(Object.fromEntries(all), 60_000)
  if (missing.length === 0) return started
  const names = missing.map(({ path, message }) => `${path} (${message})`).join(', ')
  throw new Error(`After a minute these services are not ready: ${names}.`)
}

const startInstance = async (
  name: ServiceName,
  { url, n }: { readonly url: string; readonly n: number },
  options: ServicesOptions,
) => {
  const env = { PORT: new URL(url).port, ...options.env }
  const pidFile = join(options.folder, n === 0 ? `${name}.pid` : `${name}.${n + 1}.pid`)
  const supervised = await supervise({
    log: (line) => options.log(name, line),
    start: () => startChild({ ...processOf(name, { ...options, env }), pidFile }),
  })
  return {
    url,
    get pid() {
      return supervised.pid
    },
    async restart() {
      const { pid, ended } = supervised
      signalIfThere(pid, 'SIGTERM')
      const how = await ended
      const [missing] = await untilReady({ [name]: url }, 60_000)
      if (missing) throw new Error(`A minute after its restart ${name} is not ready: ${missing.message}.`)
      return how
    },
    stop: () => supervised.stop(2000),
  }
}

const startReplica = async (name: ServiceName, options: ServicesOptions): Promise<Replica> => {
  const port = await freePort()
  const env = { ...options.env, PORT: `${port}` }
  const child = await startChild(processOf(name, { ...options, env }))
  const url = `http://127.0.0.1:${port}`
  const stop = () => child.stop(5000)
  const missing = await untilReady({ [name]: url }, 60_000)
  if (missing.length === 0) return { url, stop }
  await stop()
  throw new Error(`After a minute one more ${name} is not ready: ${missing[0]?.message}.`)
}

const processOf = (name: ServiceName, { env, log, programs, ...surroundings }: ServicesOptions) => ({
  command: execPath,
  args: programs
    ? [youngSpace, programs[name]]
    : [...nodeOptions, join(root, 'apps', name, 'src', 'main.ts')],
  env: { ...ownEnvironment, ...serviceEnvironment(name, surroundings), ...env },
  cwd: root,
  stopSignal: 'TERM' as const,
  onLine: (line: string) => log(name, line),
})
