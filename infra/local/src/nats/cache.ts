import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { byVersion, versionOf } from './version.ts'

const platform = `-${process.platform}-${process.arch}`

/** The newest nats-server for this platform that was fetched before. */
export const newestIn = async (cache: string) => {
  const names = await readdir(cache).catch(() => [])
  const versions = names
    .filter((name) => name.endsWith(platform))
    .map((name) => name.slice(0, -platform.length))
  const newest = versions.sort(byVersion).at(-1)
  return newest === undefined ? undefined : join(cache, newest + platform, 'nats-server')
}

/** Has a nats-server unpacked and keeps it under its version. Safe when several processes do so at once. */
export const fetchInto = async (cache: string, from: (folder: string) => Promise<string>) => {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'unfinished-'))
  try {
    const program = await from(folder)
    const place = join(cache, (await versionOf(program)) + platform)
    await rename(dirname(program), place).catch((error) => {
      // Another process fetched the same one meanwhile, and theirs is as good.
      if (!existsSync(place)) throw error
    })
    return join(place, 'nats-server')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
