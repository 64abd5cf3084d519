import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { askAuth } from '@gatehouse/client/ask-auth'
import { serviceToken } from '@gatehouse/client/service-token'
import { type TokenExchange, tokenTypes } from '@gatehouse/contracts/tokens'
import { type FastifyReply, fastify } from 'fastify'
import { afterAll } from 'vitest'
import { harness as gatewayHarness } from '../harness.ts'

/** What reached the service behind. */
export interface Heard {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body?: unknown
}

/** A stand-in for the service behind, which says what it has heard, or whatever `answer` does. */
async function startBehind() {
  const behind = {
    heard: [] as Heard[],
    answer: undefined as ((reply: FastifyReply) => unknown) | undefined,
    url: '',
  }
  const app = fastify({ forceCloseConnections: true })
  app.all('/*', (request, reply) => {
    const { method, raw, headers, body } = request
    const heard: Heard = { method, url: raw.url ?? '', headers: headers as Heard['headers'], body }
    behind.heard.push(heard)
    return behind.answer ? behind.answer(reply) : heard
  })
  behind.url = await app.listen({ host: '127.0.0.1', port: 0 })
  afterAll(() => app.close())
  return Object.assign(behind, { stop: () => app.close() })
}

/** A stand-in for auth, which exchanges every token, and remembers for what. */
async function startAuth() {
  const auth = {
    exchanged: [] as TokenExchange[],
    isDown: false,
    refuses: false,
    lifeSeconds: 300,
    url: '',
  }
  const app = fastify()
  app.addHook('onRequest', async (_request, reply) => (auth.isDown ? reply.code(503).send() : undefined))
  app.post('/api/v1/auth/service-token', async () => ({
    accessToken: 'service',
    tokenType: 'Bearer',
    expiresIn: 600,
  }))
  app.post('/api/v1/auth/token', async ({ body }, reply) => {
    if (auth.refuses) return reply.code(400).send({ error: 'invalid_request' })
    const asked = body as TokenExchange
    auth.exchanged.push(asked)
    return {
      access_token: `${asked.audience}.${auth.exchanged.length}`,
      issued_token_type: tokenTypes.accessToken,
      token_type: 'Bearer',
      expires_in: auth.lifeSeconds,
      scope: asked.scope,
    }
  })
  auth.url = await app.listen({ host: '127.0.0.1', port: 0 })
  afterAll(() => app.close())
  return auth
}

/** The door, listening, with stand-ins for auth and for the services behind. */
export async function harness(options: Parameters<typeof gatewayHarness>[0] = {}) {
  const [behind, auth] = await Promise.all([startBehind(), startAuth()])
  const token = serviceToken({
    authUrl: auth.url,
    serviceName: 'partner-gateway',
    serviceSecret: 's'.repeat(32),
  })
  afterAll(() => token.stop())
  const gateway = await gatewayHarness({
    services: { directory: behind.url, audit: behind.url },
    narrow: askAuth({ authUrl: auth.url, token, service: 'partner-gateway' }).narrow,
    ...options,
  })
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  afterAll(() => gateway.app.close())

  const call = (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string | ReadableStream<Uint8Array>,
  ) =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body, duplex: 'half' }),
    })
  const get = (path: string, headers: Record<string, string> = {}) => call('GET', path, headers)

  /** Sends bytes as they are, and gives back all that comes until the server closes. */
  const sendRaw = async (bytes: string, to = url) => {
    const socket = connect(Number(new URL(to).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => {})
    socket.write(bytes)
    // A server that neither answers nor closes fails the test, and does not hold it up.
    socket.setTimeout(10_000, () => socket.destroy())
    return text(socket)
  }
  return { ...gateway, behind, auth, url, call, get, sendRaw }
}
