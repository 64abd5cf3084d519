import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { expect, test, vi } from 'vitest'
import { startChild } from './child.ts'

const waits = 'setInterval(() => {}, 1000)'

/** A process that has ended counts as gone even while nobody has asked how. */
const isRunning = async (pid: number) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !stat.includes(') Z ')
}

test.runIf(process.platform === 'linux').each(['SIGKILL', 'SIGTERM'] as const)(
  'children end when the process that started them ends by %s, also those that ignore the request',
  async (signal) => {
    const deaf = `process.on("SIGTERM", () => {}); console.log(process.pid); ${waits}`
    const parent = `
      import { startChild } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))}
      for (const script of ['console.log(process.pid);${waits}', '${deaf}']) {
        const args = ['-e', script]
        await startChild({ command: process.execPath, args, env: process.env, stopSignal: 'TERM', onLine: console.log })
      }`
    const launcher = spawn(execPath, ['--input-type=module', '-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pids: number[] = []
    for await (const line of createInterface({ input: launcher.stdout }))
      if (pids.push(Number(line)) === 2) break
    for (const pid of pids) expect(await isRunning(pid)).toBe(true)
    launcher.kill(signal)
    for (const pid of pids) await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), 10_000)
  },
)

test('a child that a killed process left over is ended before the next one starts, and another program is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-child-'))
  const pidFile = join(folder, 'pid')
  const start = (script: string, file = pidFile) =>
    startChild({
      command: execPath,
      args: ['-e', script],
      env,
      stopSignal: 'TERM',
      onLine: () => {},
      pidFile: file,
    })
  const first = await start(waits)
  const second = await start(waits)
  expect(await first.ended).toBe('signal SIGINT')
  await writeFile(pidFile, `${second.pid}\n`)
  const other = await start(`/* another */ ${waits}`)
  expect(await isRunning(second.pid)).toBe(true)
  await Promise.all([second.stop(1000), other.stop(1000)])
  await rm(folder, { recursive: true })
})

test.runIf(process.platform === 'linux')(
  'a child that has ended while something of its own still holds its output is waited for, not an error',
  async () => {
    const lines: string[] = []
    const child = await startChild({
      command: 'sh',
      args: ['-c', 'setsid sh -c "sleep 1; echo last" & exit 3'],
      env,
      stopSignal: 'TERM',
      onLine: (line) => lines.push(line),
    })
    await vi.waitFor(async () => expect(await isRunning(child.pid)).toBe(false), 10_000)
    await child.stop(100)
    expect([await child.ended, lines]).toEqual(['exit code 3', ['last']])
  },
)

test('every line of both outputs is told', async () => {
  const lines: string[] = []
  const child = await startChild({
    command: execPath,
    args: ['-e', 'console.log("one\\ntwo"); console.error("three")'],
    env,
    stopSignal: 'TERM',
    onLine: (line) => lines.push(line),
  })
  expect(await child.ended).toBe('exit code 0')
  expect(lines.sort()).toEqual(['one', 'three', 'two'])
})

test('a program that is not there is an error', async () => {
  const child = startChild({
    command: '/nowhere/nothing',
    args: [],
    env,
    stopSignal: 'TERM',
    onLine: () => {},
  })
  await expect(child).rejects.toThrow('ENOENT')
})
