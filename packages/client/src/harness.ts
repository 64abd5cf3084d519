import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, vi } from 'vitest'

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that answers each request with the next of `answers`, and then always with the last; and what it received. */
export async function answering(...answers: [RequestListener, ...RequestListener[]]) {
  const received: Received[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request
    received.push({ method, url, headers, body: await text(request) })
    const answer = answers[received.length - 1] ?? answers.at(-1)
    answer?.(request, response)
  }).listen(0, '127.0.0.1')
  await vi.waitFor(() => expect(server.listening).toBe(true), 10_000)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

export const silence: RequestListener = () => {}

export const hangUp: RequestListener = (request) => request.socket.destroy()
