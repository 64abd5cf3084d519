import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inPlatform, inTenant } from '@gatehouse/db/tenant'
import { createSeal } from '@gatehouse/keys/seal'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, onTestFinished, test, vi } from 'vitest'
import { from, letter, refuse, startPostOffice, startQueue } from './harness.ts'
import { startMailer } from './mailer.ts'
import { createMailQueue, createRequestQueue, eraseMails, mails } from './mails.ts'
import { seal } from './seal.ts'

const compose = async () => undefined
const soon = { timeout: 15_000, interval: 20 }
const eventually = (check: () => Promise<void> | void) => vi.waitFor(check, soon)

test('a queued mail arrives as it was written, says that no person sent it, and leaves nothing readable behind', async () => {
  const post = await startPostOffice()
  const { queue, rows, startReplica } = await startQueue()
  await queue()
  const [waiting] = await rows()
  expect(JSON.stringify(waiting)).not.toMatch(/analytical|gate_ott/)

  startReplica(post.url)
  await eventually(() => expect(post.taken).toHaveLength(1))
  const [mail] = post.taken
  expect(mail?.to).toMatchObject({ text: letter.to })
  expect(mail?.from).toMatchObject({ text: '"Gatehouse" <no-reply@gatehouse.example>' })
  expect(mail).toMatchObject({ subject: letter.subject, messageId: `<${waiting?.id}@gatehouse.example>` })
  expect(mail?.text).toContain(letter.text)
  expect(mail?.html).toContain(letter.html)
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  await eventually(async () =>
    expect(await rows()).toMatchObject([{ sealed: null, sentAt: expect.any(Date), failedAt: null }]),
  )
})

test('a mail of a transaction that is rolled back is never sent', async () => {
  const post = await startPostOffice()
  const { db, seal, queue, startReplica } = await startQueue()
  startReplica(post.url)
  const tenantId = uuidv7()
  const undone = inTenant(db, tenantId, async (tx) => {
    await createMailQueue(seal)(tx, { tenantId, ...letter, subject: 'Undone' })
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  await queue({ subject: 'Done' })
  await eventually(() => expect(post.taken.map(({ subject }) => subject)).toEqual(['Done']))
})

test('three replicas share the work, and none of fifty mails is sent twice', async () => {
  const post = await startPostOffice()
  const { queue, rows, startReplica } = await startQueue()
  await Promise.all(Array.from({ length: 50 }, (_, index) => queue({ subject: `${index}` })))
  for (let replica = 0; replica < 3; replica += 1) startReplica(post.url)
  await eventually(async () => expect((await rows()).filter(({ sentAt }) => sentAt === null)).toEqual([]))
  expect(new Set(post.taken.map(({ subject }) => subject)).size).toBe(50)
  expect(post.taken).toHaveLength(50)
  expect((await rows()).every(({ attempts }) => attempts === 1)).toBe(true)
})

test('a mail of this process goes out at its commit, long before the next look round', async () => {
  const post = await startPostOffice()
  const { db, seal, log } = await startQueue()
  const mailer = startMailer({ db, log, seal, smtp: { url: post.url, from }, compose, pollMs: 600_000 })
  onTestFinished(() => mailer.stop())
  const tenantId = uuidv7()
  await inTenant(db, tenantId, (tx) => createMailQueue(seal, mailer.expect)(tx, { tenantId, ...letter }))
  await eventually(() => expect(post.taken).toHaveLength(1))
})

test('what is to become of a request is found out when its turn comes: a mail, or nothing', async () => {
  const post = await startPostOffice()
  const { db, seal, rows, set, startReplica } = await startQueue()
  const tenantId = uuidv7()
  const ask = createRequestQueue<string>(seal)
  await inTenant(db, tenantId, (tx) => ask(tx, tenantId, 'nobody@people.example'))
  await inTenant(db, tenantId, (tx) => ask(tx, tenantId, letter.to))
  expect(JSON.stringify(await rows())).not.toMatch(/analytical|people/)
  const asked: unknown[] = []
  startReplica(post.url, {
    compose: async (request) => {
      asked.push(request)
      // As when something that it needs is down.
      if (asked.length < 3) throw new Error('not now')
      return request === letter.to ? letter : undefined
    },
  })
  await eventually(async () => {
    await set({ nextAttemptAt: sql`now()` })
    expect((await rows()).map(({ sealed }) => sealed)).toEqual([null, null])
  })
  expect(post.taken.map(({ subject }) => subject)).toEqual([letter.subject])
})

test('G1: what waits about somebody goes with them, also what is being sent, and what was only asked for until it was made', async () => {
  const never = await startPostOffice({
    take: ({ subject }) => (subject === letter.subject ? new Promise(() => {}) : undefined),
  })
  const { db, seal, queue, rows, startReplica } = await startQueue()
  const { subjectId } = letter
  const [tenantId, theirs] = [uuidv7(), uuidv7()]
  await inTenant(db, tenantId, (tx) => createRequestQueue<string>(seal)(tx, tenantId, 'a link'))
  await queue()
  await queue({ subjectId: theirs, subject: 'Theirs' })
  const mailer = startReplica(never.url, { compose: async () => letter })
  const about = async () => (await rows()).map((row) => row.subjectId).toSorted()
  await eventually(async () => expect(await about()).toEqual([subjectId, subjectId, theirs].toSorted()))

  await inPlatform(db, (tx) => eraseMails(tx, { subjectIds: [subjectId], tenantIds: [] }))
  expect(await about()).toEqual([theirs])
  await eventually(() => expect(mailer.outcomes()['put off']).toBe(2))
  expect(await about()).toEqual([theirs])
  await eventually(() => expect(never.taken.map(({ subject }) => subject)).toEqual(['Theirs']))
})

test('a mail that a killed process was sending is sent by another, and arrives once', async () => {
  const { url, key, queue, rows, set, startReplica } = await startQueue()
  const reached = Promise.withResolvers<void>()
  const silent = await startPostOffice({
    take: () => {
      reached.resolve()
      return new Promise(() => {})
    },
  })
  const child = spawn(process.execPath, [
    join(import.meta.dirname, 'mailer-harness.ts'),
    url,
    silent.url,
    key.toString('hex'),
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  await queue()
  await reached.promise
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(await rows()).toMatchObject([{ sentAt: null, attempts: 1, sealed: expect.any(String) }])

  const post = await startPostOffice()
  startReplica(post.url)
  // Its lease runs out.
  await set({ nextAttemptAt: sql`now()` })
  await eventually(async () =>
    expect(await rows()).toMatchObject([{ sentAt: expect.any(Date), attempts: 2 }]),
  )
  expect([...silent.taken, ...post.taken]).toHaveLength(1)
})

test('while a server takes its time, the mail stays with the process that sends it', async () => {
  const answering = Promise.withResolvers<void>()
  const post = await startPostOffice({ take: () => answering.promise })
  const { queue, rows, startReplica } = await startQueue()
  startReplica(post.url)
  await queue()
  await eventually(async () => expect(await rows()).toMatchObject([{ attempts: 1 }]))
  const leaseOf = async () => (await rows())[0]?.nextAttemptAt.getTime() ?? 0
  const before = await leaseOf()
  startReplica(post.url)
  await eventually(async () => expect(await leaseOf()).toBeGreaterThan(before))
  answering.resolve()
  await eventually(async () =>
    expect(await rows()).toMatchObject([{ sentAt: expect.any(Date), attempts: 1 }]),
  )
  expect(post.taken).toHaveLength(1)
})

test('a process whose mail somebody else has taken over breaks off, and leaves it to them', async () => {
  const reached = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  const slow = await startPostOffice({
    take: () => {
      reached.resolve()
      return answering.promise
    },
  })
  const { lines, queue, rows, set, startReplica } = await startQueue()
  startReplica(slow.url)
  await queue()
  await reached.promise
  await set({ attempts: sql`attempts + 1` })
  await eventually(() => expect(lines.join()).toContain('"code":"EABORT"'))
  expect(await rows()).toMatchObject([{ attempts: 2, sealed: expect.any(String), failedAt: null }])
  answering.resolve()
})

test('while the mail server is away a mail is tried later and later, and arrives when it is back', async () => {
  const away = await startPostOffice()
  await away.close()
  const { lines, queue, rows, set, startReplica } = await startQueue()
  const mailer = startReplica(away.url)
  await queue()
  const seconds = () =>
    lines
      .map((line) => JSON.parse(line))
      .flatMap((line) => (line.seconds === undefined ? [] : [line.seconds]))
  await eventually(async () => {
    await set({ nextAttemptAt: sql`now()` })
    expect(seconds().length).toBeGreaterThanOrEqual(4)
  })
  const waits = seconds()
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits[3]).toBeGreaterThan(30)
  expect(lines.join()).not.toMatch(/analytical|gate_ott/)
  await eventually(() => expect(mailer.outcomes()['put off']).toBeGreaterThanOrEqual(4))
  await mailer.stop()
  const watching = startReplica(away.url)
  await eventually(() => expect(watching.backlog()).toMatchObject({ depth: 1 }))
  await watching.stop()

  const post = await startPostOffice()
  startReplica(post.url)
  await set({ nextAttemptAt: sql`now()` })
  await eventually(() => expect(post.taken).toHaveLength(1))
  await eventually(async () => expect(await rows()).toMatchObject([{ sealed: null, failedAt: null }]))
})

test('every attempt at a mail has the same Message-ID and date, so that a copy can be told', async () => {
  const seen: unknown[] = []
  const post = await startPostOffice({
    take: ({ messageId, date }) => {
      seen.push({ messageId, date })
      if (seen.length < 2) refuse(451, 'Not now')
    },
  })
  const { queue, set, startReplica } = await startQueue()
  startReplica(post.url)
  await queue()
  await eventually(() => expect(seen).toHaveLength(1))
  await eventually(async () => {
    await set({ nextAttemptAt: sql`now()` })
    expect(post.taken).toHaveLength(1)
  })
  expect(seen[1]).toEqual(seen[0])
})

test.each([
  ['an unknown recipient', { onRcptTo: () => refuse(550, '5.1.1 <ada@analytical.example>: no such user') }],
  ['content that it does not want', { take: () => refuse(554, '5.7.1 ada@analytical.example: spam') }],
])(
  'a mail that the server refuses for %s is given up at once, and the log does not say whose it was',
  async (_, rules) => {
    const options = 'onRcptTo' in rules ? { onRcptTo: asCallback(rules.onRcptTo) } : rules
    const post = await startPostOffice(options)
    const { lines, queue, rows, startReplica } = await startQueue()
    startReplica(post.url)
    await queue()
    await eventually(async () =>
      expect(await rows()).toMatchObject([
        { failedAt: expect.any(Date), sentAt: null, sealed: null, attempts: 1 },
      ]),
    )
    const [line] = lines.filter((each) => each.includes('given up'))
    expect(line).toMatch(/"status":55[04]/)
    expect(lines.join()).not.toMatch(/analytical|gate_ott/)
  },
)

const asCallback =
  (work: () => void) => (_address: unknown, _session: unknown, done: (error?: Error) => void) => {
    try {
      work()
      done()
    } catch (error) {
      done(error as Error)
    }
  }

test('a mail server that does not let this service in loses no mail', async () => {
  const post = await startPostOffice({
    authOptional: false,
    allowInsecureAuth: true,
  })
  const { lines, queue, rows, startReplica } = await startQueue()
  startReplica(post.url)
  await queue()
  await eventually(() => expect(lines.join()).toContain('tried again'))
  expect(await rows()).toMatchObject([{ failedAt: null, sealed: expect.any(String) }])
})

test('a password is not sent to a mail server without encryption', async () => {
  const onAuth = vi.fn()
  const post = await startPostOffice({ allowInsecureAuth: true, onAuth })
  const { lines, queue, startReplica } = await startQueue()
  startReplica(post.url.replace('//', '//gatehouse:secret@'))
  await queue()
  await eventually(() => expect(lines.join()).toContain('tried again'))
  expect(onAuth).not.toHaveBeenCalled()
  expect(post.taken).toEqual([])
})

test.each([
  ['after a day', { createdAt: sql`now() - interval '25 h'` }],
  ['after thirty attempts', { attempts: sql`29` }],
])('a mail that could not be sent is given up %s', async (_, values) => {
  const away = await startPostOffice()
  await away.close()
  const { queue, rows, set, startReplica } = await startQueue()
  await queue()
  await set(values)
  startReplica(away.url)
  await eventually(async () =>
    expect(await rows()).toMatchObject([{ failedAt: expect.any(Date), sealed: null }]),
  )
})

test('a mail that was sealed under another key is given up, and holds up no other', async () => {
  const post = await startPostOffice()
  const { db, queue, rows, startReplica } = await startQueue()
  const tenantId = uuidv7()
  await inTenant(db, tenantId, (tx) =>
    createMailQueue(createSeal(new Uint8Array(32)))(tx, { tenantId, ...letter }),
  )
  await queue()
  startReplica(post.url)
  await eventually(async () =>
    expect(await rows()).toMatchObject([{ failedAt: expect.any(Date) }, { sentAt: expect.any(Date) }]),
  )
})

test('nobody can add a header or a recipient by a line break in a subject or an address', async () => {
  const post = await startPostOffice()
  const { queue, rows, startReplica } = await startQueue()
  await queue({ subject: 'Hello\r\nBcc: eve@evil.example\r\n\r\nGotcha' })
  await queue({ to: 'ada@analytical.example\r\nBcc: eve@evil.example' })
  await queue({ to: 'ada@analytical.example, eve@evil.example' })
  startReplica(post.url)
  await eventually(async () => expect((await rows()).filter(({ sealed }) => sealed !== null)).toEqual([]))
  expect(post.recipients.flat()).not.toContain('eve@evil.example')
  for (const mail of post.taken) expect(mail.headers.has('bcc')).toBe(false)
  expect(post.taken[0]?.subject).toBe('Hello Bcc: eve@evil.example Gotcha')
})

test('what was queued more than a week ago and is over is cleared away, and nothing else', async () => {
  const { db, seal: by, rows, startReplica } = await startQueue()
  const sealed = await seal(by, uuidv7(), { content: letter })
  const aged = (days: number) => uuidv7({ msecs: Date.now() - days * 86_400_000 })
  const later = new Date(Date.now() + 3_600_000)
  const about = { tenantId: uuidv7(), nextAttemptAt: later }
  const kept = [
    { ...about, id: aged(8), sealed },
    { ...about, id: aged(6), sentAt: new Date() },
  ]
  const gone = [
    { ...about, id: aged(8), sentAt: new Date() },
    { ...about, id: aged(9), failedAt: new Date() },
  ]
  await inPlatform(db, (tx) => tx.insert(mails).values([...kept, ...gone]))
  startReplica('smtp://127.0.0.1:9')
  await eventually(async () => expect((await rows()).map(({ id }) => id)).toEqual(kept.map(({ id }) => id)))
})

test('a process that stops lets the mail that is under way arrive', async () => {
  const reached = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  const post = await startPostOffice({
    take: () => {
      reached.resolve()
      return answering.promise
    },
  })
  const { queue, rows, startReplica } = await startQueue()
  const mailer = startReplica(post.url)
  await queue()
  await reached.promise
  const stopped = mailer.stop()
  answering.resolve()
  await stopped
  expect(await rows()).toMatchObject([{ sentAt: expect.any(Date), attempts: 1 }])
})

test('a process that stops does not wait for a mail server that hangs, and leaves the mail to another', async () => {
  const reached = Promise.withResolvers<void>()
  const silent = await startPostOffice({
    take: () => {
      reached.resolve()
      return new Promise(() => {})
    },
  })
  const { queue, rows, startReplica } = await startQueue()
  const mailer = startReplica(silent.url)
  await queue()
  await reached.promise
  await mailer.stop()
  expect(await rows()).toMatchObject([{ sentAt: null, failedAt: null, sealed: expect.any(String) }])
  const post = await startPostOffice()
  startReplica(post.url)
  await eventually(() => expect(post.taken).toHaveLength(1))
})
