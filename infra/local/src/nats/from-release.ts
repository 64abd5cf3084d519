import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

const version = '2.15.0'

/** From the release's own SHA256SUMS: https://github.com/nats-io/nats-server/releases/tag/v2.15.0 */
const sha256: Readonly<Record<string, string>> = {
  'darwin-amd64': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
  'darwin-arm64': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
  'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
}

const downloads = 'https://github.com/nats-io/nats-server/releases/download'

/**
 * Unpacks NATS' own release of one fixed version into `folder`. Throws when it cannot be fetched within 2 minutes, when
 * its SHA-256 is not the one written here, or when there is no release for this platform.
 */
export const natsFromRelease = async (
  folder: string,
  from = downloads,
  checksums = sha256,
): Promise<string> => {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const expected = checksums[platform]
  if (expected === undefined) throw new Error(`no checksum is known here of a release for ${platform}`)
  const name = `nats-server-v${version}-${platform}`
  const archive = await download(`${from}/v${version}/${name}.tar.gz`)
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual !== expected) throw new Error(`the SHA-256 of ${name}.tar.gz is ${actual}, not ${expected}`)
  await writeFile(join(folder, 'release.tar.gz'), archive)
  await execute('tar', ['-xzf', 'release.tar.gz'], { cwd: folder })
  return join(folder, name, 'nats-server')
}

const download = async (url: string) => {
  const failed = (reason: unknown) => new Error(`${url}: ${reason}`)
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  } catch (error) {
    const { message, cause } = error as Error
    throw failed(cause instanceof Error ? cause.message : message)
  }
}
