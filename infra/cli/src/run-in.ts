import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { exitCodes } from '@gatehouse/commands/program'
import type { ServiceName } from '@gatehouse/contracts/events'

interface Places {
  /** Of the repository. */
  readonly root: string
  /** Where `<service>.env` is. */
  readonly settings: string
}

/** Runs a service's own program with the settings of its file. @returns what it ended with */
export async function runIn(service: ServiceName, args: readonly string[], places: Places): Promise<number> {
  const file = join(places.settings, `${service}.env`)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) {
    process.stderr.write(`There is no ${file}. "npm start" writes one; --settings names another folder.\n`)
    return exitCodes.misused
  }
  const driver = join(places.root, 'packages/db/src/commonjs-drizzle.ts')
  const program = join(places.root, 'apps', service, 'src/commands.ts')
  const child = spawn(process.execPath, ['--import', driver, program, ...args], {
    env: { ...parseEnv(text) },
    stdio: 'inherit',
  })
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : exitCodes.failed
}
