import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { execPath, version } from 'node:process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bootstrap = resolve(import.meta.dirname, '../bootstrap.mjs')
const end = JSON.stringify(join(import.meta.dirname, 'processes/end.ts'))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-bootstrap-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Has `bootstrap.mjs` run a script, as `npm start` does. */
const run = async (name: string, script: string, ...args: string[]) => {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, script)
  const child = spawn(execPath, [bootstrap, relative(join(bootstrap, '..'), file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  return { child, next }
}

test('a script gets its arguments, runs on the Node that the project pins, and its exit code is passed on', async () => {
  const script = 'console.log(process.version, process.argv.slice(2).join()); process.exitCode = 7'
  const { child, next } = await run('exit', script, '--fresh', 'x')
  expect(await next()).toBe(`${version} --fresh,x`)
  expect(await once(child, 'exit')).toEqual([7, null])
})

const waits = `
  import { onEnd } from ${end}
  onEnd(async (reason) => { console.log(reason); return 3 })
  console.log(process.pid)
  setInterval(() => {}, 1000)`

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s reaches the script once, which ends in its own order',
  async (signal) => {
    const { child, next } = await run(signal, waits)
    await next()
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([3, null])
    expect([await next(), await next()]).toEqual([signal, undefined])
  },
)

test('a script whose starter is killed ends in its own order', async () => {
  const { child, next } = await run('orphan', waits)
  await next()
  child.kill('SIGKILL')
  expect(await next()).toBe('the process that started this is gone')
  expect(await next()).toBe(undefined)
})

test('a script that a signal killed is told from one that exited', async () => {
  const { child, next } = await run('killed', 'console.log(process.pid); setInterval(() => {}, 1000)')
  process.kill(Number(await next()), 'SIGTERM')
  expect(await once(child, 'exit')).toEqual([null, 'SIGTERM'])
})
