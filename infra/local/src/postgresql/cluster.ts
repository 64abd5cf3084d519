import { execFile } from 'node:child_process'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunAs } from './run-as.ts'

const execute = promisify(execFile)

interface Initialisation {
  readonly initdb: string
  readonly env: NodeJS.ProcessEnv
  readonly folder: string
  readonly data: string
  readonly password: string
  readonly durable: boolean
  readonly as: RunAs
}

/** Makes the cluster beside its place and moves it there when it is whole, so that a start cut short leaves none. */
export const initialiseCluster = async ({
  initdb,
  env,
  folder,
  data,
  password,
  durable,
  as,
}: Initialisation) => {
  const unfinished = join(folder, 'unfinished')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished)
  const passwordFile = join(unfinished, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  const { uid, gid } = as.user ?? {}
  if (uid !== undefined && gid !== undefined) {
    await Promise.all([unfinished, passwordFile].map((path) => chown(path, uid, gid)))
  }
  const { command, args, user } = as.command(initdb, [
    ...['--pgdata', join(unfinished, 'data'), '--pwfile', passwordFile, '--username=postgres'],
    ...[
      '--data-checksums',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
    ],
    ...['--auth=scram-sha-256', ...(durable ? [] : ['--no-sync'])],
  ])
  await execute(command, args, { env, ...user })
  await rename(join(unfinished, 'data'), data)
  await rm(unfinished, { recursive: true })
}
