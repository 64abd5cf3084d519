import { once } from 'node:events'
import { connect } from 'node:net'
import { fastify } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { abandonment } from './abandonment.ts'

/** A server whose route answers once it is told to, and the signal of its last request. */
async function server() {
  const app = fastify()
  const seen = Promise.withResolvers<AbortSignal>()
  const told = Promise.withResolvers<void>()
  app.post('/', async (_request, reply) => {
    seen.resolve(abandonment(reply))
    await told.promise
    return {}
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return { url, signal: seen.promise, answer: told.resolve }
}

const body = '{"a":1}'
const headers = { 'content-type': 'application/json' }

test('a client that goes before its answer has abandoned its request', async () => {
  const { url, signal, answer } = await server()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n${body}`,
  )
  const abandoned = await signal
  expect(abandoned.aborted).toBe(false)
  socket.destroy()
  await once(abandoned, 'abort')
  expect(abandoned.reason).toMatchObject({ status: 408, code: 'request.abandoned' })
  answer()
})

test('a client that has sent all of its request and waits has not, and neither has one that got its answer', async () => {
  const { url, signal, answer } = await server()
  const answered = fetch(url, { method: 'POST', headers, body })
  const abandoned = await signal
  answer()
  await (await answered).arrayBuffer()
  expect(abandoned.aborted).toBe(false)
})
