import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-registration-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

const post = (path: string, body: object) =>
  fetch(`${platform.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/**
 * Holds everybody off a table for as long as `work` takes: whatever service is about to use it stands still there, and
 * can be killed between two steps.
 */
async function holding<T>(
  database: string,
  table: string,
  work: (hasComeToIt: () => Promise<void>) => Promise<T>,
) {
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: `/${database}` }).href
  const holder = connect({ url, poolSize: 2, applicationName: 'holder' })
  const hasComeToIt = () =>
    vi.waitFor(async () => {
      const waiting = await holder.orm.execute(
        sql`select from pg_locks where not granted and relation = ${table}::regclass`,
      )
      expect(waiting.length).toBeGreaterThan(0)
    }, 10_000)
  try {
    return await inPlatform(holder, async (tx) => {
      await tx.execute(sql`lock table ${sql.identifier(table)} in access exclusive mode`)
      return work(hasComeToIt)
    })
  } finally {
    await holder.close()
  }
}

/** The registrations of an address that are begun and not finished. */
async function begun(email: string) {
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: '/gatehouse_auth' }).href
  const database = connect({ url, poolSize: 1, applicationName: 'registration-test' })
  const rows = await database.orm.execute(sql`select from registrations where person ->> 'email' = ${email}`)
  await database.close()
  return rows
}

test.each([
  { killed: 'directory', table: 'users', step: 'the directory has entered the person' },
  { killed: 'auth', table: 'credentials', step: 'their credential is written' },
] as const)(
  'a registration is finished after $killed was killed before $step',
  async ({ killed, table }) => {
    const person = {
      email: `${crypto.randomUUID()}@people.example`,
      password: 'correct horse battery staple',
    }
    await holding(`gatehouse_${killed}`, table, async (hasComeToIt) => {
      const registering = post('register', { ...person, firstName: 'Ada', lastName: 'Lovelace' }).catch(
        () => undefined,
      )
      await hasComeToIt()
      platform.services[killed].kill()
      expect((await registering)?.ok ?? false).toBe(false)
    })
    await vi.waitFor(async () => expect(await begun(person.email)).toHaveLength(0), {
      timeout: 30_000,
      interval: 100,
    })
    expect((await post('login', person)).status).toBe(200)
  },
  40_000,
)
