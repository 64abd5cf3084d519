import { sql } from 'drizzle-orm'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Database } from './connect.ts'
import { allConnectionsAtOnce, createNotes, insertNote, notes, tenantA, unavailable } from './harness.ts'
import { startProxy } from './proxy-harness.ts'
import { inPlatform, inTenant, readInTenant } from './tenant.ts'

const poolSize = 4

async function connectThroughProxy() {
  const proxy = await startProxy((await createNotes()).url)
  const db = connect({ url: proxy.url, poolSize, applicationName: 'test' })
  onTestFinished(() => db.close())
  return { db, proxy }
}

const everyKindOfRequest = (db: Database): Promise<unknown>[] => [
  inTenant(db, tenantA, insertNote(tenantA)),
  inPlatform(db, insertNote(tenantA)),
  readInTenant(db, tenantA, (tx) => tx.$count(notes)),
  db.orm.select().from(notes),
  db.orm.execute(sql`select 1`),
  db.ping(),
]

const reasonsOf = async (requests: Promise<unknown>[]) =>
  (await Promise.allSettled(requests)).map((result) => ('reason' in result ? result.reason : 'answered'))

const nothingPendsForLonger = { timeout: 10_000 }

test.each(['accepts and closes', 'accepts and hangs'] as const)(
  'of a database that %s, every request hears in time, and afterwards all is as before',
  nothingPendsForLonger,
  async (mode) => {
    const { db, proxy } = await connectThroughProxy()
    await allConnectionsAtOnce(db, poolSize)
    proxy.become(mode)
    // More than there are connections; the first find theirs dead, the others get none.
    const requests = [...everyKindOfRequest(db), ...everyKindOfRequest(db)]
    for (const reason of await reasonsOf(requests)) expect(reason).toMatchObject(unavailable)
    for (const reason of await reasonsOf(everyKindOfRequest(db))) expect(reason).toMatchObject(unavailable)

    proxy.become('passes everything on')
    await vi.waitFor(() => db.ping(), 8_000)
    await allConnectionsAtOnce(db, poolSize)
  },
)

test(
  'a process that starts before its database connects when that is there',
  nothingPendsForLonger,
  async () => {
    const { db, proxy } = await connectThroughProxy()
    proxy.become('accepts and closes')
    await expect(db.ping()).rejects.toMatchObject(unavailable)
    proxy.become('passes everything on')
    await db.ping()
  },
)

test('a single statement on a connection that fell silent unnoticed hears in time', {
  timeout: 6_000,
}, async () => {
  const { db, proxy } = await connectThroughProxy()
  await db.ping()
  proxy.become('accepts and hangs')
  const since = performance.now()
  await vi.waitFor(() => expect(performance.now() - since).toBeGreaterThan(1_000), 2_000)
  await expect(db.orm.select().from(notes)).rejects.toMatchObject(unavailable)
})

test('a transaction in whose middle the database falls silent ends too', { timeout: 11_000 }, async () => {
  const { db, proxy } = await connectThroughProxy()
  const work = inTenant(db, tenantA, async (tx) => {
    await insertNote(tenantA)(tx)
    proxy.become('accepts and hangs')
    await insertNote(tenantA)(tx)
  })
  await expect(work).rejects.toMatchObject(unavailable)
})

test(
  'work that fails at once, on a connection that fell silent, leaves nothing behind',
  nothingPendsForLonger,
  async () => {
    const { db, proxy } = await connectThroughProxy()
    await allConnectionsAtOnce(db, poolSize)
    proxy.become('accepts and hangs')
    const failAtOnce = (): Promise<never> => {
      throw new Error('no')
    }
    const works = Array.from({ length: poolSize }, () => inTenant(db, tenantA, failAtOnce))
    expect(await reasonsOf(works)).toEqual(works.map(() => new Error('no')))
    proxy.become('passes everything on')
    await vi.waitFor(() => db.ping(), 8_000)
    await allConnectionsAtOnce(db, poolSize)
  },
)
