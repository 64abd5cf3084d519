import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { env as ownEnvironment } from 'node:process'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { apiVersion } from '@gatehouse/contracts/version'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { startGateway } from './gateway/gateway.ts'
import type { Log } from './log.ts'
import { type Mail, startMail } from './mail/mail.ts'
import { startMessaging } from './nats/messaging.ts'
import type { Nats } from './nats/server.ts'
import type { Postgres } from './postgresql/server.ts'
import { startStorage } from './postgresql/storage.ts'
import { endLeftover } from './processes/leftover.ts'
import { startBalancers } from './services/balancer.ts'
import { type Service, startServices } from './services/services.ts'
import { writeSettings } from './services/settings-files.ts'
import { type Administrator, appointAdministrator } from './state/administrator.ts'
import { lockFolder } from './state/lock.ts'
import { keepPorts } from './state/ports.ts'
import { keepSecrets } from './state/secrets.ts'

export interface PlatformOptions {
  /** All state lives here and outlives the platform; made when it isn't there. */
  readonly folder: string
  /** The gateway's. Default: 0, a free one. */
  readonly port?: number
  /** The mail page's. Default: 0, a free one. */
  readonly mailPort?: number
  /** Begin anew: what an earlier platform left in the folder is deleted. */
  readonly fresh?: boolean
  /** `false`: a power cut may lose data, and everything is faster; for tests. Default: true. */
  readonly durable?: boolean
  /** Of the superuser of a PostgreSQL of one's own. */
  readonly databaseUrl?: string | undefined
  /** Of a NATS of one's own, with the user and password by which everybody comes in. */
  readonly natsUrl?: string | undefined
  /** How many instances of each service run, behind one address. Default: 1. */
  readonly instances?: number
  /** The file that each service is started with. Default: its sources. */
  readonly programs?: Readonly<Record<ServiceName, string>>
  /** Settings for every service besides, or in place of, those that it gets here. */
  readonly env?: Readonly<Record<string, string>>
  readonly log?: Log
}

export interface Platform {
  /** Of the gateway, e.g. `http://localhost:8080`. */
  readonly url: string
  readonly services: Readonly<Record<ServiceName, Service>>
  readonly admin: Administrator
  readonly mail: Mail
  /** Of the superuser. */
  readonly databaseUrl: string
  readonly natsUrl: string
  /** The servers, when they are ours. */
  readonly postgres: Postgres | undefined
  readonly nats: Nats | undefined
  /** Ends everything within 5 s. */
  stop(): Promise<void>
}

/** Starts the whole platform and waits until it is ready to serve. Throws, and leaves nothing running, when it can't. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  await using started = new AsyncDisposableStack()
  const platform = await start(options, started)
  const everything = started.move()
  return { ...platform, stop: () => everything.disposeAsync() }
}

const start = async (
  options: PlatformOptions,
  cleanup: AsyncDisposableStack,
): Promise<Omit<Platform, 'stop'>> => {
  const { durable = true, env = {}, log = () => {} } = options
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true, mode: 0o711 })
  cleanup.defer(lockFolder(folder))
  if (options.fresh) await clear(folder)
  const portNames = [...serviceNames, 'postgres', 'nats', 'smtp'] as const
  const ports = await keepPorts(join(folder, 'ports.json'), portNames)
  const secrets = await keepSecrets(join(folder, 'secrets.json'))
  const urls = byService((service) => `http://127.0.0.1:${ports[service]}`)
  const instances = await startBalancers(urls, options.instances ?? 1, cleanup)

  // The services trace by themselves; the gateway is a part of this process.
  const tracing = await startTracing(
    { name: 'gateway', version: apiVersion },
    { ...ownEnvironment, ...env },
    { warn: (_, message) => log('gateway', message) },
  )
  cleanup.defer(tracing.stop)
  // First what has a port of somebody's choice: when it is taken, that is said at once.
  const gateway = await startGateway({ port: options.port ?? 0, services: urls })
  cleanup.defer(gateway.close)
  const mailOptions = { folder: join(folder, 'mail'), pagePort: options.mailPort ?? 0, smtpPort: ports.smtp }
  const mail = await startMail(mailOptions, cleanup)

  log('gatehouse', 'starting PostgreSQL and NATS')
  const common = { durable, secrets, log }
  const { databaseUrl: ownDatabase, natsUrl: ownNats } = options
  const [storage, messaging] = await together(
    startStorage(
      { ...common, folder: join(folder, 'postgres'), port: ports.postgres, ownUrl: ownDatabase },
      cleanup,
    ),
    startMessaging({ ...common, folder: join(folder, 'nats'), port: ports.nats, ownUrl: ownNats }, cleanup),
  )

  log('gatehouse', 'starting the services')
  const { administrator, bootstrapFile } = await appointAdministrator(folder, secrets)
  const surroundings = {
    urls,
    issuer: gateway.url,
    storage,
    messaging,
    secrets,
    bootstrapFile,
    smtpPort: mail.smtpPort,
  }
  await writeSettings(join(folder, 'settings'), surroundings, env)
  const services = await startServices(
    { ...surroundings, instances, folder, programs: options.programs, env, log },
    cleanup,
  )
  return {
    url: gateway.url,
    services,
    admin: administrator,
    mail,
    databaseUrl: storage.url,
    natsUrl: messaging.logins.provisioner.url,
    postgres: storage.postgres,
    nats: messaging.nats,
  }
}

/** Both, or the first fault; but not before the other has either started or failed, and so been put on the stack. */
const together = async <A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> => {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}

const byService = <T>(of: (service: ServiceName) => T) =>
  Object.fromEntries(serviceNames.map((service) => [service, of(service)])) as Record<ServiceName, T>

/** Deletes what an earlier platform left, but for our lock. */
const clear = async (folder: string) => {
  await endLeftover(join(folder, 'postgres', 'data', 'postmaster.pid'), join(folder, 'postgres'))
  await endLeftover(join(folder, 'nats', 'pid'), 'nats-server')
  const names = (await readdir(folder)).filter((name) => !name.startsWith('lock') && name !== 'compile-cache')
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })))
}
