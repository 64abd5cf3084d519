import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { promisify } from 'node:util'
import { readInPlatform } from '@gatehouse/db/tenant'
import { signingKeys } from '@gatehouse/keys/signing-keys'
import { createTestDatabase } from '@gatehouse/testing/database'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const command = join(import.meta.dirname, 'rotate-signing-key.ts')

test('the command says which key signs next and from when on, and nothing private', async () => {
  const { db, url } = await createTestDatabase('auth')
  const env = { DATABASE_URL: url, KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') }
  const { stdout } = await run(execPath, [command], { env })
  const [, kid, at = ''] = /^Key ([\w-]{43}) signs from (\S+) on,/.exec(stdout) ?? []
  expect(Date.parse(at)).toBeGreaterThan(Date.now())
  const stored = await readInPlatform(db, (tx) => tx.select().from(signingKeys))
  expect(stored.find((key) => key.kid === kid)?.activatesAt.toISOString()).toBe(at)
  for (const { sealedPrivateJwk } of stored) expect(stdout).not.toContain(sealedPrivateJwk)
})

test('without its settings the command changes nothing, and names what is missing', async () => {
  const failed = run(execPath, [command], { env: {} })
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('DATABASE_URL is missing'),
  })
})
