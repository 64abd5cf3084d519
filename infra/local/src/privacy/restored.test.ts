import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from '../platform.ts'
import { type Person, password, somebody } from './person.ts'
import { startPost } from './post.ts'
import { traces } from './traces.ts'
import { usePrograms } from './use-programs.ts'
import { useTenant } from './use-tenant.ts'

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-restored-'))
const data = join(folder, 'postgres', 'data')
const backup = join(folder, 'backup')
let platform: Platform | undefined

const post = await startPost(folder)

const start = async () => {
  platform = await startPlatform({
    folder,
    durable: false,
    env: { ERASURE_GRACE: '0s', SMTP_URL: post.url },
  })
  return platform
}

afterAll(async () => {
  await platform?.stop()
  await post.stop()
  await rm(folder, { recursive: true, force: true })
})

/** With the owners of the files, as PostgreSQL wants them. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to])

const soon = { timeout: 60_000, interval: 200 }

test('G2: who was erased is erased again by the services themselves, before they are ready, when all databases come back from an old backup', async () => {
  const before = await start()
  const [ada, grace, mate] = [await somebody(before), await somebody(before), await somebody(before)]
  await useTenant(ada, mate, post)
  await usePrograms(ada, mate)
  await ada.done(`/users/${mate.id}`, undefined, 'DELETE')
  // What is queued from now on waits, and is in the backup.
  await post.close()
  await ada.done(`/tenants/${ada.tenantId}/invites`, { email: `${ada.its()}@people.example` })
  const { canaries } = ada
  const isRecorded = async () => expect((await grace.call('/audit-logs')).json.data.length).toBeGreaterThan(0)
  await vi.waitFor(isRecorded, soon)
  await before.stop()
  await copy(data, backup)

  const meanwhile = await start()
  const again = { platform: meanwhile, folder, log: [] }
  const login = (url: string, { state: { email } }: Person) =>
    fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
  const { accessToken } = (await (await login(meanwhile.url, ada)).json()) as { accessToken: string }
  const asked = await fetch(`${meanwhile.url}/api/users/me/erase`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  expect(asked.status).toBe(202)
  const told = ['directory, waiting mail: Your account will be erased']
  await vi.waitFor(async () => expect(await traces(again, canaries)).toEqual(told), soon)
  await meanwhile.stop()

  await rm(data, { recursive: true })
  await copy(backup, data)
  await rm(backup, { recursive: true })
  const after = await start()
  expect((await login(after.url, ada)).status).toBe(401)
  expect((await login(after.url, grace)).status).toBe(200)
  await vi.waitFor(
    async () => expect(await traces({ ...again, platform: after }, canaries)).toEqual([]),
    soon,
  )
}, 300_000)
