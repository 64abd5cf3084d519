import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { type Surroundings, serviceEnvironment } from './environment.ts'

/**
 * Writes down the settings of each service as `<service>.env`, with the URL of the database's owner, for the command line;
 * for this user alone.
 */
export async function writeSettings(
  folder: string,
  surroundings: Surroundings,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = serviceNames.map((service) => {
    const settings = {
      ...serviceEnvironment(service, surroundings),
      ...env,
      DATABASE_OWNER_URL: surroundings.storage.ownerUrls[service],
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    return writeFile(fileOf(folder, service), lines.join(''), { mode: 0o600 })
  })
  await Promise.all(files)
}

const fileOf = (folder: string, service: ServiceName) => join(folder, `${service}.env`)
