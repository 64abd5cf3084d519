import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandOf } from '@gatehouse/testing/command'
import { expect, inject, onTestFinished, test } from 'vitest'

const gatehouse = commandOf(join(import.meta.dirname, 'main.ts'))

/** A folder with the settings of auth alone. */
async function settingsOfAuth() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-settings-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname: '/gatehouse_auth' }).href
  await writeFile(join(folder, 'auth.env'), `DATABASE_OWNER_URL=${JSON.stringify(url)}\n`)
  return folder
}

test('each service does what it is asked in a program of its own, with its own settings, and the worst outcome counts', async () => {
  const folder = await settingsOfAuth()
  const one = await gatehouse(`--settings ${folder} auth migrate --status --json`)
  expect(one).toMatchObject({ code: 0, stderr: '' })
  expect(one.json()).toMatchObject({ missing: [] })
  const all = await gatehouse(`--settings ${folder} all migrate --status`)
  expect(all).toMatchObject({ code: 2, stdout: expect.stringContaining('Nothing is missing.') })
  expect(all.stderr).toContain(`There is no ${join(folder, 'audit.env')}`)
})

test('a service that there is not is refused with those that there are', async () => {
  const { code, stderr } = await gatehouse('ledger doctor')
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('all, auth, directory, audit'),
  })
})
