import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { natsFromRelease } from './from-release.ts'
import { findNatsServer } from './server.ts'

const execute = promisify(execFile)
let folder: string
let env: { PATH: string; XDG_CACHE_HOME: string }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-nats-'))
  env = { PATH: join(folder, 'empty'), XDG_CACHE_HOME: join(folder, 'cache') }
})
afterEach(() => rm(folder, { recursive: true }))

/** A program that says it is that version, in a folder of its own. */
const install = async (place: string, version: string) => {
  await mkdir(place, { recursive: true })
  const program = join(place, 'nats-server')
  await writeFile(program, `#!/bin/sh\necho "nats-server: v${version}"\n`)
  await chmod(program, 0o755)
  return program
}

const none = () => Promise.reject(new Error('not here'))
const fetched = (version: string) => (place: string) => install(join(place, 'unpacked'), version)

test('the first one on the PATH that is new enough is taken, and nothing is fetched', async () => {
  await install(join(folder, 'old'), '2.9.10')
  await install(join(folder, 'candidate'), '2.12.7-RC.1')
  const good = await install(join(folder, 'good'), '2.12.7')
  const path = ['nowhere', 'old', 'candidate', 'good'].map((name) => join(folder, name)).join(delimiter)
  const found = await findNatsServer({ env: { ...env, PATH: path }, fromApt: none, fromRelease: none })
  expect(found).toBe(good)
})

test('one that is too old on the PATH is passed over for the package of the distribution', async () => {
  const old = await install(join(folder, 'old'), '2.12.6')
  const found = await findNatsServer({
    env: { ...env, PATH: dirname(old) },
    fromApt: fetched('2.15.1'),
    fromRelease: none,
  })
  expect(found).toContain(join('gatehouse', 'nats-server', '2.15.1'))
  expect((await execute(found, ['--version'])).stdout).toContain('v2.15.1')
})

test("NATS' own release is taken only when the distribution has none", async () => {
  const found = await findNatsServer({ env, fromApt: none, fromRelease: fetched('2.15.0') })
  expect(found).toContain('2.15.0')
})

test('what was fetched is kept, so the next start fetches nothing', async () => {
  const first = await findNatsServer({ env, fromApt: fetched('2.15.1'), fromRelease: none })
  expect(await findNatsServer({ env, fromApt: none, fromRelease: none })).toBe(first)
})

test('of several that were fetched the newest is taken', async () => {
  await findNatsServer({ env, fromApt: fetched('2.12.10'), fromRelease: none })
  const place = join(env.XDG_CACHE_HOME, 'gatehouse', 'nats-server')
  await install(join(place, `2.12.9-${process.platform}-${process.arch}`), '2.12.9')
  expect(await findNatsServer({ env, fromApt: none, fromRelease: none })).toContain('2.12.10')
})

test('several that fetch at once get the same whole program, and leave nothing else behind', async () => {
  for (const ways of [
    { fromApt: fetched('2.15.1'), fromRelease: none },
    { fromApt: none, fromRelease: fetched('2.15.0') },
  ]) {
    const cache = await mkdtemp(join(folder, 'cache-'))
    const search = { env: { ...env, XDG_CACHE_HOME: cache }, ...ways }
    const found = new Set(await Promise.all(Array.from({ length: 8 }, () => findNatsServer(search))))
    expect(found.size).toBe(1)
    expect(await readdir(join(cache, 'gatehouse', 'nats-server'))).toHaveLength(1)
  }
})

test('when there is none, the error names all four ways and why each failed', async () => {
  const old = await install(join(folder, 'old'), '2.9.10')
  const found = findNatsServer({
    env: { ...env, PATH: dirname(old) },
    fromApt: none,
    fromRelease: fetched('2.10.0'),
  })
  await expect(found).rejects.toThrow(
    /NATS_URL.*not set[\s\S]*PATH.*2\.9\.10[\s\S]*Debian or Ubuntu: not here[\s\S]*release: .*2\.10\.0/,
  )
})

/** A release server with one archive, and the checksum that it should have. */
const release = async () => {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const name = `nats-server-v2.15.0-${platform}`
  await install(join(folder, name), '2.15.0')
  await execute('tar', ['-czf', 'release.tar.gz', name], { cwd: folder })
  const archive = await readFile(join(folder, 'release.tar.gz'))
  const server = createServer((request, response) => {
    const isThere = request.url === `/v2.15.0/${name}.tar.gz`
    response.writeHead(isThere ? 200 : 404).end(isThere ? archive : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, platform, checksum: createHash('sha256').update(archive).digest('hex'), server }
}

test('a release is unpacked when its checksum is the expected one', async () => {
  const { url, platform, checksum, server } = await release()
  const place = await mkdtemp(join(folder, 'unpacked-'))
  const program = await natsFromRelease(place, url, { [platform]: checksum })
  expect((await execute(program, ['--version'])).stdout).toContain('v2.15.0')
  server.close()
})

test('a release with another checksum than the expected one is refused, and nothing of it is written', async () => {
  const { url, platform, checksum, server } = await release()
  const place = await mkdtemp(join(folder, 'unpacked-'))
  const expected = checksum.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
  await expect(natsFromRelease(place, url, { [platform]: expected })).rejects.toThrow('SHA-256')
  expect(await readdir(place)).toEqual([])
  server.close()
})

test('a release for a platform without a known checksum is not even asked for', async () => {
  await expect(natsFromRelease(folder, 'http://127.0.0.1:1', {})).rejects.toThrow('no checksum is known')
})
