import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { appointAdministrator } from './administrator.ts'
import { lockFolder } from './lock.ts'
import { keepPorts } from './ports.ts'
import { keepSecrets } from './secrets.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-state-'))
})
afterEach(() => rm(folder, { recursive: true }))

const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777

test('secrets are made once, are all different and survive a restart in a file for this user alone', async () => {
  const file = join(folder, 'secrets.json')
  const secrets = await keepSecrets(file)
  expect(await keepSecrets(file)).toEqual(secrets)
  expect(await modeOf('secrets.json')).toBe(0o600)
  const values = Object.values(secrets)
  expect(new Set(values).size).toBe(values.length)
  for (const value of values) expect(Buffer.from(value, 'base64url')).toHaveLength(32)
})

test('a secret that a later version needs is added, and the others stay', async () => {
  const file = join(folder, 'secrets.json')
  const { 'audit.nats': _, ...older } = await keepSecrets(file)
  await writeFile(file, JSON.stringify(older))
  expect(await keepSecrets(file)).toMatchObject({ ...older, 'audit.nats': expect.any(String) })
})

test('secrets that cannot be read are never replaced', async () => {
  const file = join(folder, 'secrets.json')
  await writeFile(file, '{ "auth.secret": ')
  await expect(keepSecrets(file)).rejects.toThrow('JSON')
  expect(await readFile(file, 'utf8')).toBe('{ "auth.secret": ')
  await expect(keepSecrets(folder)).rejects.toThrow(/EISDIR.* read/)
})

test('the administrator and the service accounts are written down for this user alone', async () => {
  const secrets = await keepSecrets(join(folder, 'secrets.json'))
  const { administrator, bootstrapFile } = await appointAdministrator(folder, secrets)
  expect(JSON.parse(await readFile(join(folder, 'admin.json'), 'utf8'))).toEqual(administrator)
  expect(administrator.password.length).toBeGreaterThanOrEqual(20)
  const bootstrap = JSON.parse(await readFile(bootstrapFile, 'utf8'))
  expect(bootstrap.administrator).toMatchObject(administrator)
  expect(bootstrap.serviceAccounts).toContainEqual(
    expect.objectContaining({ name: 'auth', secret: secrets['auth.secret'] }),
  )
  expect([await modeOf('admin.json'), await modeOf('bootstrap.json')]).toEqual([0o600, 0o600])
})

test('ports stay the same from start to start, but for one that has been taken', async () => {
  const file = join(folder, 'ports.json')
  const before = await keepPorts(file, ['one', 'two'])
  const taken = createServer().listen(before.one, '127.0.0.1')
  await once(taken, 'listening')
  const after = await keepPorts(file, ['one', 'two'])
  expect(after.two).toBe(before.two)
  expect(after.one).not.toBe(before.one)
  taken.close()
})

test('a folder has one owner, and a killed one leaves it free', async () => {
  const script = `
    import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
    lockFolder(${JSON.stringify(folder)}); console.log('locked'); setInterval(() => {}, 1000)`
  const owner = spawn(execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(owner.stdout, 'data')
  expect(() => lockFolder(folder)).toThrow(`Another Gatehouse runs on ${folder}`)
  owner.kill('SIGKILL')
  const release = await vi.waitFor(() => lockFolder(folder), 10_000)
  expect(() => lockFolder(folder)).toThrow()
  release()
  lockFolder(folder)()
})
