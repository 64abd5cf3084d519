import { fastify } from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startBalancer } from './balancer.ts'

/** A service that says who it is, and closes the connection after each answer. */
async function startInstance(name: string, isReady: boolean) {
  const state = { isReady }
  const app = fastify({ forceCloseConnections: true })
  app.get('/ready', (_request, reply) => reply.code(state.isReady ? 200 : 503).send())
  app.post('/', (_request, reply) => reply.header('connection', 'close').send(name))
  onTestFinished(() => app.close())
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), state, close: () => app.close() }
}

async function startBoth({ isReady = true } = {}) {
  const [one, two] = [await startInstance('one', isReady), await startInstance('two', isReady)]
  const balancer = await startBalancer({ port: 0, instances: [one.url, two.url], everyMs: 10 })
  onTestFinished(balancer.close)
  const ask = async () => (await fetch(balancer.url, { method: 'POST', body: 'x' })).text()
  /** Who answers, of six in a row. */
  const heard = async () => {
    const answers: string[] = []
    while (answers.length < 6) answers.push(await ask())
    return [...new Set(answers)].sort()
  }
  const hears = (...names: string[]) => vi.waitFor(async () => expect(await heard()).toEqual(names), 10_000)
  return { one, two, ask, hears, heard }
}

test('connections take turns among the instances that are ready', async () => {
  const { two, hears } = await startBoth()
  await hears('one', 'two')
  two.state.isReady = false
  await hears('one')
  two.state.isReady = true
  await hears('one', 'two')
})

test('an instance that takes no connection is passed over, and what was asked is asked once', async () => {
  const { one, hears, heard } = await startBoth()
  await hears('one', 'two')
  await one.close()
  expect(await heard()).toEqual(['two'])
})

test('before one is ready any that listens is called, since services need each other to become ready', async () => {
  const { hears } = await startBoth({ isReady: false })
  await hears('one', 'two')
})

test('where all say that they are not ready any more, none is called', async () => {
  const { one, two, ask, hears } = await startBoth()
  await hears('one', 'two')
  one.state.isReady = false
  two.state.isReady = false
  await vi.waitFor(() => expect(ask()).rejects.toThrow(), 10_000)
  one.state.isReady = true
  await hears('one')
})
