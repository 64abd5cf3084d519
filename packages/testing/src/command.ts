import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

const root = resolve(import.meta.dirname, '../../..')
const options = ['--import', join(root, 'packages/db/src/commonjs-drizzle.ts')]
const compileCache = join(root, '.gatehouse/compile-cache')

/** Runs a program of ours as a shell would, with these settings and no others. */
export const commandOf =
  (file: string) =>
  async (args: string, env: Readonly<Record<string, string>> = {}) => {
    const command = [...options, file, ...args.split(' ').filter((word) => word !== '')]
    const child = spawn(process.execPath, command, {
      env: { NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return {
      code: code as number,
      stdout,
      stderr,
      /** With `--json`. */
      json: () => JSON.parse(stdout),
    }
  }
