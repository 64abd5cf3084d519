import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { harness } from './harness.ts'

const person = '/api/partner/v1/users/0198c0de-0000-7000-8000-000000000001'
const writing = { scopes: ['users:read', 'users:write'] as ('users:read' | 'users:write')[] }
const { call, get, partner, behind, sendRaw, db } = await harness()
const { headers, tenantId } = await partner(writing)
const toldOf = async () => {
  const rows = await readInPlatform(db, (tx) => tx.select().from(outbox).where(eq(outbox.tenantId, tenantId)))
  return rows.map(({ payload }) => (payload as { data: unknown }).data)
}

/** A body that somebody sends as they please. */
function handFed() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const write = (text: string) => writer.write(new TextEncoder().encode(text))
  return { body: readable, write, close: () => writer.close(), breakOff: () => writer.abort() }
}

test('what a client writes goes on as it wrote it, with the headers that the contract of the endpoint reads', async () => {
  const body = '{ "firstName":  "Ada" }'
  const answer = await call('PATCH', person, { ...headers, 'if-match': '"7"', 'idempotency-key': 'x' }, body)
  expect(await answer.json()).toMatchObject({
    method: 'PATCH',
    url: '/api/users/0198c0de-0000-7000-8000-000000000001',
    body: { firstName: 'Ada' },
    headers: {
      'if-match': '"7"',
      'content-type': 'application/json',
      'content-length': `${body.length}`,
    },
  })
  expect(behind.heard.at(-1)?.headers).not.toHaveProperty('idempotency-key')
})

test('a body streams through as it comes: its beginning is behind before its end is written', async () => {
  const arrived = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<string>()
  const { url, stop } = await startReader(begun.resolve, arrived.resolve)
  const gateway = await harness({ services: { directory: url } })
  const client = await gateway.partner(writing)
  const { body, write, close } = handFed()
  const answer = gateway.call('PATCH', person, client.headers, body)
  await write('{"firstName":')
  expect(await begun.promise).toBe('{"firstName":')
  await write('"Ada"}')
  await close()
  expect((await answer).status).toBe(200)
  await arrived.promise
  stop()
})

describe('a body that is too large', () => {
  test('is refused before any of it is read, where its length is said', async () => {
    const heard = behind.heard.length
    const reply = await sendRaw(
      `PATCH ${person} HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.authorization}\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n`,
    )
    expect(reply).toMatch(/^HTTP\/1\.1 413 /)
    expect(reply).toContain('request.body_too_large')
    expect(behind.heard).toHaveLength(heard)
    await expect.poll(toldOf).toContainEqual(
      expect.objectContaining({
        method: 'PATCH',
        route: '/api/partner/v1/users/:id',
        permission: 'users:write',
        outcome: 'refused',
        reason: 'request.body_too_large',
      }),
    )
  })

  test('is cut off as soon as it is, where it comes in chunks, and the service behind is none the worse for it', async () => {
    const chunk = `${(70_000).toString(16)}\r\n${' '.repeat(70_000)}\r\n`
    // Once more than a service may fail in a row.
    for (let n = 0; n < 6; n++) {
      const reply = await sendRaw(
        `PATCH ${person} HTTP/1.1\r\nHost: a\r\nAuthorization: ${headers.authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
      )
      expect(reply).toMatch(/^HTTP\/1\.1 413 /)
    }
    expect((await get('/api/partner/v1/users', headers)).status).toBe(200)
  })
})

test('clients that break off their bodies take nothing from the others', async () => {
  for (let n = 0; n < 6; n++) {
    const { body, write, breakOff } = handFed()
    const answer = call('PATCH', person, headers, body)
    await write('{"firstName":')
    await breakOff()
    await expect(answer).rejects.toThrow()
  }
  expect((await call('PATCH', person, headers, '{}')).status).toBe(200)
})

test.each([
  ['text/plain', undefined],
  ['application/x-www-form-urlencoded', undefined],
  ['application/json', 'gzip'],
])('a body of %s, packed as %s, is refused', async (type, encoding) => {
  const reply = await sendRaw(
    `PATCH ${person} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${headers.authorization}\r\nContent-Type: ${type}\r\n${
      encoding ? `Content-Encoding: ${encoding}\r\n` : ''
    }Content-Length: 2\r\n\r\n{}`,
  )
  expect(reply).toMatch(/^HTTP\/1\.1 415 /)
})

test('what takes no body is refused with one', async () => {
  expect((await call('POST', `${person}/deactivate`, headers, '{}')).status).toBe(413)
  expect((await call('POST', `${person}/deactivate`, headers)).status).toBe(200)
})

test('a write is never done twice: where the connection breaks, the client hears of it', async () => {
  let calls = 0
  const { url, stop } = await startReader(
    () => {},
    () => {},
    (socket) => {
      calls += 1
      socket.destroy()
    },
  )
  const gateway = await harness({ services: { directory: url } })
  const client = await gateway.partner(writing)
  expect((await gateway.call('POST', `${person}/deactivate`, client.headers)).status).toBe(502)
  expect(calls).toBe(1)
  stop()
})

/** A stand-in for the service behind that says when a body begins to arrive and when it is there, or does `instead`. */
async function startReader(
  onBegun: (text: string) => void,
  onEnded: () => void,
  instead?: (socket: Socket) => void,
) {
  const server = createServer((request, response) => {
    if (instead) {
      instead(request.socket)
      return
    }
    request.once('data', (chunk) => onBegun(`${chunk}`))
    request.on('data', () => {})
    request.once('end', () => {
      onEnded()
      response.end('{}')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}
