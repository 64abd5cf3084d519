import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { fastify } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { completionOf } from '../app.ts'
import { harness, newcomer, openMailbox, origin } from '../harness.ts'
import { registrations } from '../tables.ts'
import { reconcileRegistrations } from './reconcile-registrations.ts'
import { insert } from './repository.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

test('a process that stops finishes the registration that is under way, and begins no other', async () => {
  const asked: string[] = []
  const answering = Promise.withResolvers<void>()
  const slow = fastify()
  slow.post<{ Body: { email: string } }>('/api/internal/registrations', async ({ body }, reply) => {
    asked.push(body.email)
    await answering.promise
    const document = {
      type: 'about:blank',
      title: 'Conflict',
      detail: 'Taken.',
      instance: '/',
      requestId: 'test',
    }
    return reply.code(409).send({ ...document, status: 409, code: 'user.email_taken' })
  })
  const directoryUrl = await slow.listen({ host: '127.0.0.1', port: 0 })
  const { db, directory } = await harness({ directoryUrl })
  await inPlatform(db, async (tx) => {
    for (const email of ['one@people.example', 'two@people.example', 'three@people.example']) {
      const userId = uuidv7()
      const person = { userId, tenantId: uuidv7(), email, firstName: 'Ada', lastName: 'Lovelace' }
      await insert(tx, { userId, person, passwordHash: '', origin, nextAttemptAt: new Date(0) })
    }
  })

  const reconciler = reconcileRegistrations({ db, directory }, silent)
  await vi.waitFor(() => expect(asked).toHaveLength(1), { timeout: 5000, interval: 10 })
  const stopped = reconciler.stop()
  answering.resolve()
  await stopped
  expect(asked).toHaveLength(1)
  await slow.close()
})

test('a registration that a crash left behind is finished by one of the replicas, with what its request would have sent', async () => {
  const { app, ...deps } = await harness({
    policy: { emailVerification: 'required', disclosesTakenEmail: false },
  })
  const { mailsTo } = await openMailbox(deps)
  const [free, taken] = [newcomer(), newcomer()]
  await app.inject({ method: 'POST', url: '/api/auth/register', payload: taken })
  await vi.waitFor(async () => expect(await mailsTo(taken.email)).toHaveLength(1), { timeout: 10_000 })
  await inPlatform(deps.db, async (tx) => {
    for (const { password: _, ...profile } of [free, taken]) {
      const person = { ...profile, userId: uuidv7(), tenantId: uuidv7() }
      const stored = await deps.passwords.hash('another battery staple')
      await insert(tx, { userId: person.userId, person, ...stored, origin, nextAttemptAt: new Date(0) })
    }
  })

  const replicas = [1, 2].map(() => reconcileRegistrations(completionOf(deps), silent))
  await vi.waitFor(
    async () => expect(await readInPlatform(deps.db, (tx) => tx.select().from(registrations))).toEqual([]),
    { timeout: 10_000 },
  )
  await Promise.all(replicas.map((replica) => replica.stop()))
  expect(await mailsTo(free.email)).toMatchObject([{ text: expect.stringContaining('/verify-email?token=') }])
  expect(await mailsTo(taken.email)).toMatchObject([{}, { text: expect.stringContaining('/sign-in') }])
})
