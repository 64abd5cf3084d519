import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Older ones do not know `sync_interval: always`, or carry CVE-2025-30215 or CVE-2026-33222. */
export const oldestVersion = '2.12.7'

/** Compares two versions, the lower first. */
export const byVersion = new Intl.Collator('en', { numeric: true }).compare

/** The version of a nats-server, e.g. `2.15.1`. Throws when it is too old or cannot be run here. */
export const versionOf = async (program: string): Promise<string> => {
  const { stdout } = await execute(program, ['--version'], { timeout: 10_000 })
  const version = stdout.match(/v(\d+\.\d+\.\d+)\s/)?.[1]
  if (version === undefined) throw new Error(`${program} is no release of nats-server`)
  if (byVersion(version, oldestVersion) < 0) throw new Error(`${program} is ${version}`)
  return version
}
