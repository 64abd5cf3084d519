import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get as httpGet } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, type TestContext, test, vi } from 'vitest'

interface Line {
  readonly level: string
  readonly message: string
  readonly closed?: string
}

/** A service in a process of its own, and what it logs. */
async function start({ onTestFinished }: TestContext, times: object) {
  const program = new URL('./drain-harness.ts', import.meta.url).pathname
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Line[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)))
  const exited = once(child, 'exit').then(([code]: unknown[]) => code)
  const said = (pattern: RegExp) =>
    vi.waitFor(() => lines.find(({ message }) => pattern.test(message)) ?? expect.unreachable(), {
      timeout: 10_000,
      interval: 20,
    })
  const { message } = (await said(/listening at/)) as Line
  const url = message.replace(/.* at /, '')
  const closed = () => lines.flatMap(({ closed, level }) => (closed ? [`${closed} ${level}`] : []))
  return { child, lines, exited, said, url, closed }
}

const get = async (url: string, agent?: Agent) => {
  const request = httpGet(url, agent ? { agent } : {})
  const [response] = await once(request, 'response')
  return {
    status: response.statusCode as number,
    connection: response.headers.connection as string,
    body: await text(response),
  }
}

test.concurrent('SIGTERM: the request under way is finished, everything is closed in order, and it exits with 0', async (context) => {
  const { child, exited, said, url, closed } = await start(context, { slowMs: 400 })
  const slow = get(`${url}/api/slow`)
  await said(/slow request began/)
  child.kill('SIGTERM')
  expect(await slow).toMatchObject({ status: 200, body: '{"slow":true}' })
  expect(await exited).toBe(0)
  expect(closed()).toEqual(['http info', 'consumer info', 'relay error', 'pool info', 'nats info'])
})

test.concurrent('during the grace it says that it is not ready, serves on, and lets keep-alive clients go', async (context) => {
  const { child, exited, url } = await start(context, { graceMs: 700 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  expect(await get(`${url}/api/fast`, agent)).toMatchObject({ status: 200, connection: 'keep-alive' })
  child.kill('SIGTERM')
  await vi.waitFor(async () => expect(await get(`${url}/api/ready`)).toMatchObject({ status: 503 }), 10_000)
  const statuses = []
  while (child.exitCode === null && statuses.length < 50) {
    const reply = await get(`${url}/api/fast`, agent).catch(() => undefined)
    if (!reply) break
    expect(reply).toMatchObject({ status: 200, connection: 'close' })
    statuses.push(reply.status)
  }
  expect(statuses.length).toBeGreaterThan(0)
  expect(await exited).toBe(0)
})

test.concurrent('an open connection that nobody uses does not hold it up', async (context) => {
  const { child, exited, url } = await start(context, {})
  const agent = new Agent({ keepAlive: true })
  await get(`${url}/api/fast`, agent)
  child.kill('SIGINT')
  expect(await exited).toBe(0)
})

test.concurrent('a second signal changes nothing', async (context) => {
  const { child, exited, said, url, closed } = await start(context, { slowMs: 300 })
  const slow = get(`${url}/api/slow`)
  await said(/slow request began/)
  child.kill('SIGINT')
  child.kill('SIGTERM')
  child.kill('SIGINT')
  expect(await slow).toMatchObject({ status: 200 })
  expect(await exited).toBe(0)
  expect(closed()).toHaveLength(5)
})

test.concurrent('a request that does not end is cut, so that the rest can be closed in time', async (context) => {
  const { child, exited, said, url, closed } = await start(context, { slowMs: 60_000, deadlineMs: 2_000 })
  const slow = get(`${url}/api/slow`).catch((error: Error) => error)
  await said(/slow request began/)
  child.kill('SIGTERM')
  expect(await slow).toBeInstanceOf(Error)
  expect(await exited).toBe(0)
  expect(closed()).toContain('nats info')
})

test.concurrent('when something cannot be closed, it says so and exits with 1 at the deadline', async (context) => {
  const { child, exited, lines } = await start(context, { stuck: true, deadlineMs: 500 })
  child.kill('SIGTERM')
  expect(await exited).toBe(1)
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'fatal', message: expect.stringContaining('in time') }),
  )
})

test.concurrent('a rejection that nobody caught ends the process in the same good order, with 1', async (context) => {
  const { exited, lines, url, closed } = await start(context, {})
  const reply = await fetch(`${url}/api/reject`, { method: 'POST' })
  expect(reply.status).toBe(200)
  expect(await exited).toBe(1)
  expect(lines).toContainEqual(expect.objectContaining({ level: 'fatal', message: 'unhandledRejection' }))
  expect(closed()).toContain('nats info')
})
