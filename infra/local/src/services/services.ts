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
/** What Node.js is started with for a service; what is young in its heap gets 8 MB at a time: with less it is ever collecting. */
export const nodeOptions: readonly string[] = [
  '--max-semi-space-size=8',
  '--import',
  join(root, 'packages/db/src/commonjs-drizzle.ts'),
]

export interface Service {
  readonly url: string
  /** Of its present process. */
  readonly pid: number
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
  /** Where the numbers of their processes are kept. */
  readonly folder: string
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
    const supervised = await startService(name, options)
    stops.push(() => supervised.stop(2000))
    const service: Service = {
      url: options.urls[name],
      get pid() {
        return supervised.pid
      },
      kill: () => signalIfThere(supervised.pid, 'SIGKILL'),
      replica: (env = {}) => startReplica(name, { ...options, env: { ...options.env, ...env } }),
    }
    return [name, service] as const
  })
  const started = Object.fromEntries(await Promise.all(services)) as Record<ServiceName, Service>
  const missing = await untilReady(options.urls, 60_000)
  if (missing.length === 0) return started
  const names = missing.map(({ path, message }) => `${path} (${message})`).join(', ')
  throw new Error(`After a minute these services are not ready: ${names}.`)
}

const startService = (name: ServiceName, options: ServicesOptions) =>
  supervise({
    log: (line) => options.log(name, line),
    start: () => startChild({ ...processOf(name, options), pidFile: join(options.folder, `${name}.pid`) }),
  })

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

const processOf = (name: ServiceName, { env, log, ...surroundings }: ServicesOptions) => ({
  command: execPath,
  args: [...nodeOptions, join(root, 'apps', name, 'src', 'main.ts')],
  env: { ...ownEnvironment, ...serviceEnvironment(name, surroundings), ...env },
  cwd: root,
  stopSignal: 'TERM' as const,
  onLine: (line: string) => log(name, line),
})
