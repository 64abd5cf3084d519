import { execFile } from 'node:child_process'
import { chmod, copyFile, link, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execPath, getuid } from 'node:process'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { startMessaging } from '@gatehouse/local/nats/messaging'
import { startStorage } from '@gatehouse/local/postgresql/storage'
import { type Child, startChild } from '@gatehouse/local/processes/child'
import { serviceEnvironment } from '@gatehouse/local/services/environment'
import { appointAdministrator } from '@gatehouse/local/state/administrator'
import { keepPorts } from '@gatehouse/local/state/ports'
import { keepSecrets } from '@gatehouse/local/state/secrets'

const execute = promisify(execFile)

/** Whom the container runs as. */
const nonRoot = 65_532

/** Where `chroot` and `unshare` are; a path of the machine, of which there is nothing in the empty root. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Lays the program `node` and the libraries that it loads into an empty folder, as the base of an image has them. */
export const makeBase = async (folder: string): Promise<readonly string[]> => {
  const { stdout } = await execute('ldd', [execPath])
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, path = '']) => path)
  const files = new Map([
    ['/usr/local/bin/node', execPath],
    ...libraries.map((path) => [path, path] as const),
  ])
  for (const [path, source] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await copyFile(source, join(folder, path))
    await chmod(join(folder, path), 0o555)
  }
  return [...files.keys()]
}

/** Gives a folder the same files, without copying them. */
export const linkBase = async (base: string, files: readonly string[], folder: string): Promise<void> => {
  for (const path of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await link(join(base, path), join(folder, path))
  }
}

/** How to run a program of an image as a container does: nothing else is there, and it may write to none of it. */
export const inRoot = (folder: string, program: string, ...given: string[]) => {
  const node = ['/usr/local/bin/node', '--max-semi-space-size=8', `/app/dist/${program}.js`, ...given]
  if (getuid?.() === 0)
    return { command: 'chroot', args: [`--userspec=${nonRoot}:${nonRoot}`, folder, ...node] }
  const user = [`--map-user=${nonRoot}`, `--map-group=${nonRoot}`]
  return { command: 'unshare', args: ['--user', ...user, `--root=${folder}`, ...node] }
}

/** Starts the four services from their images, with PostgreSQL and NATS of their own. What ends them goes on `cleanup`. */
export const startFromImages = async (
  rootOf: (service: ServiceName) => string,
  folder: string,
  cleanup: AsyncDisposableStack,
) => {
  const ports = await keepPorts(join(folder, 'ports.json'), [...serviceNames, 'postgres', 'nats', 'smtp'])
  const secrets = await keepSecrets(join(folder, 'secrets.json'))
  const common = { durable: false, ownUrl: undefined, secrets, log: () => {} }
  const storage = await startStorage(
    { ...common, folder: join(folder, 'postgres'), port: ports.postgres },
    cleanup,
  )
  const messaging = await startMessaging(
    { ...common, folder: join(folder, 'nats'), port: ports.nats },
    cleanup,
  )
  const { bootstrapFile } = await appointAdministrator(folder, secrets)
  await copyFile(bootstrapFile, join(rootOf('auth'), 'bootstrap.json'))
  await chmod(join(rootOf('auth'), 'bootstrap.json'), 0o444)

  const urls = Object.fromEntries(
    serviceNames.map((service) => [service, `http://127.0.0.1:${ports[service]}`]),
  ) as Record<ServiceName, string>
  const surroundings = {
    ...{ urls, storage, messaging, secrets },
    issuer: 'http://localhost',
    bootstrapFile: '/bootstrap.json',
    smtpPort: ports.smtp,
  }
  const children = {} as Record<ServiceName, Child>
  for (const service of serviceNames) {
    const env = { ...serviceEnvironment(service, surroundings), PATH: systemPath }
    children[service] = await startChild({
      ...inRoot(rootOf(service), 'main'),
      env,
      stopSignal: 'TERM',
      onLine: () => {},
    })
    cleanup.defer(() => children[service].stop(2000))
  }
  return { urls, children, ownerUrls: storage.ownerUrls }
}
