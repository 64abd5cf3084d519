import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { serviceNames } from '@gatehouse/contracts/events'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

const settings = { durable: false, env: { BCRYPT_COST: '10' } }
let folder: string
/** A process of its own that runs a platform, as `npm start` does. */
let launcher: ChildProcess
let before: { url: string; admin: Platform['admin']; pids: number[] }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-platform-'))
  const script = `
    import { startPlatform } from ${JSON.stringify(join(import.meta.dirname, 'platform.ts'))}
    const { url, admin, services, postgres, nats } =
      await startPlatform({ folder: ${JSON.stringify(folder)}, ...${JSON.stringify(settings)} })
    const pids = [...Object.values(services), postgres, nats].map(({ pid }) => pid)
    console.log(JSON.stringify({ url, admin, pids }))`
  launcher = spawn(execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: launcher.stdout as NodeJS.ReadableStream }), 'line')
  before = JSON.parse(line)
}, 120_000)

afterAll(async () => {
  launcher.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** A process that has ended counts as gone even while nobody has asked how. */
const isRunning = async (pid: number) => {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status !== '' && !status.includes(') Z ')
}

const isListening = async (url: string) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const outcome = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return outcome
}

const logIn = async (url: string, admin: Platform['admin']) => {
  const body = JSON.stringify(admin)
  const headers = { 'content-type': 'application/json' }
  return (await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body })).status
}

// One after the other: they tell the story of one folder.
test('a platform serves its administrator, whose password only this user can read', async () => {
  expect(await logIn(before.url, before.admin)).toBe(200)
  for (const file of ['admin.json', 'secrets.json', 'bootstrap.json']) {
    expect((await stat(join(folder, file))).mode & 0o777, file).toBe(0o600)
  }
})

test('a second platform on the same folder is refused, and the first one goes on', async () => {
  await expect(startPlatform({ folder, ...settings })).rejects.toThrow(`Another Gatehouse runs on ${folder}`)
  expect((await fetch(`${before.url}/ready`)).status).toBe(200)
})

test.runIf(process.platform === 'linux')(
  'a platform whose process is killed leaves nothing running',
  async () => {
    for (const pid of before.pids) expect(await isRunning(pid)).toBe(true)
    launcher.kill('SIGKILL')
    for (const pid of before.pids)
      await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), 10_000)
  },
)

test('after that it starts again with the same administrator, brings back what dies, and stops without a trace', async () => {
  const lines: string[] = []
  const platform = await startPlatform({
    folder,
    ...settings,
    log: (source, line) => lines.push(`${source}: ${line}`),
  })
  const { admin, services, postgres, nats, mail } = platform
  expect(admin).toEqual(before.admin)
  expect(await logIn(platform.url, admin)).toBe(200)

  const { pid } = services.directory
  services.directory.kill()
  await vi.waitFor(() => expect(services.directory.pid).not.toBe(pid), 10_000)
  expect(lines).toContainEqual(
    expect.stringMatching(/^directory: ended \(signal SIGKILL\); starting it again in/),
  )
  await vi.waitFor(async () => expect((await fetch(`${platform.url}/ready`)).status).toBe(200), 30_000)

  const pids = [...serviceNames.map((name) => services[name]), postgres, nats].map((each) => each?.pid ?? 0)
  await platform.stop()
  for (const each of pids) expect(await isRunning(each)).toBe(false)
  for (const url of [platform.url, mail.url, platform.databaseUrl, platform.natsUrl]) {
    expect(await isListening(url), url).toBe(false)
  }
}, 120_000)

test('a fresh start keeps nothing of the one before', async () => {
  await using blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as AddressInfo
  // It ends at the taken port, which is after it has begun anew and before anything is started.
  await expect(startPlatform({ folder, ...settings, port, fresh: true })).rejects.toThrow(
    `Port ${port} is taken`,
  )
  expect(await readdir(folder)).not.toContain('postgres')
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))
  expect(secrets['administrator.password']).not.toContain(before.admin.password)
})
