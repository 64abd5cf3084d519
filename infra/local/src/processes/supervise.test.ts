import { env, execPath } from 'node:process'
import { afterEach, expect, test, vi } from 'vitest'
import { startChild } from './child.ts'
import { type Supervised, supervise } from './supervise.ts'

const cleanUps: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))))

const program = (script: string) =>
  ({ command: execPath, args: ['-e', script], env, stopSignal: 'TERM', onLine: () => {} }) as const

/** A process that runs the script until it is ended. */
const start = (script: string) => () => startChild(program(script))

const watched = async (script: string, times = {}) => {
  const lines: string[] = []
  const supervised = await supervise({
    start: start(script),
    log: (line) => lines.push(line),
    pauseMs: 20,
    ...times,
  })
  cleanUps.push(() => supervised.stop(1000))
  return { supervised, lines }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const waits = 'setInterval(() => {}, 1000)'

test('what is killed is started again, and the log says how it ended', async () => {
  const { supervised, lines } = await watched(waits)
  const { pid } = supervised
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(supervised.pid).not.toBe(pid), 10_000)
  expect(isAlive(supervised.pid)).toBe(true)
  expect(lines).toEqual(['ended (signal SIGKILL); starting it again in 0.02 s'])
})

test('what keeps ending is started again with pauses that double', async () => {
  const { lines } = await watched('process.exit(3)')
  await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(4), 10_000)
  expect(lines.slice(0, 4)).toEqual(
    ['0.02', '0.04', '0.08', '0.16'].map((pause) => `ended (exit code 3); starting it again in ${pause} s`),
  )
})

test('what was well for a while is started again after the first pause', async () => {
  const { supervised, lines } = await watched(waits, { wellAfterMs: 0 })
  for (const count of [1, 2, 3]) {
    const { pid } = supervised
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(lines).toHaveLength(count), 10_000)
    await vi.waitFor(() => expect(supervised.pid).not.toBe(pid), 10_000)
  }
  expect(lines.every((line) => line.endsWith('in 0.02 s'))).toBe(true)
})

test('what is stopped stays so, also in the pause before a new start', async () => {
  const { supervised, lines } = await watched(waits, { pauseMs: 60_000 })
  process.kill(supervised.pid, 'SIGKILL')
  await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000)
  await supervised.stop(1000)
  expect(isAlive(supervised.pid)).toBe(false)
})

test('what ignores the request to end is killed when the patience is over', async () => {
  const up = Promise.withResolvers<void>()
  const deaf = `process.on('SIGTERM', () => {}); console.log('up'); ${waits}`
  const child = await startChild({ ...program(deaf), onLine: () => up.resolve() })
  await up.promise
  await child.stop(200)
  expect(await child.ended).toBe('signal SIGKILL')
})

test('a start that fails is tried again', async () => {
  let starts = 0
  const lines: string[] = []
  const flaky = () => {
    starts += 1
    return starts === 2 ? Promise.reject(new Error('no such program')) : start(waits)()
  }
  const supervised: Supervised = await supervise({
    start: flaky,
    log: (line) => lines.push(line),
    pauseMs: 10,
  })
  cleanUps.push(() => supervised.stop(1000))
  const { pid } = supervised
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(supervised.pid).not.toBe(pid), 10_000)
  expect(lines[1]).toBe('ended (no such program); starting it again in 0.02 s')
})
