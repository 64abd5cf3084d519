import { inPlatform } from '@gatehouse/db/tenant'
import { fastify } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { harness, origin } from '../harness.ts'
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
