import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { platformTenantId } from '@gatehouse/contracts/principal'
import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'
import * as z from 'zod'
import { createLogger } from './logging.ts'
import { createServer, type Server, type ServerOptions } from './server.ts'

const issuer = 'https://issuer.test'
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })

export const signingKey = privateKey
export const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'first', alg: 'ES256', use: 'sig' }

export const subject = '0190f0f0-0000-7000-8000-000000000001'

const nowSeconds = () => Math.floor(Date.now() / 1_000)

/** The claims of a good token, to be spoilt. */
export const goodClaims = (scope = ''): JWTPayload => ({
  iss: issuer,
  aud: 'gatehouse',
  sub: subject,
  tid: platformTenantId,
  sid: crypto.randomUUID(),
  kind: 'user',
  scope,
  client_id: 'gatehouse',
  jti: crypto.randomUUID(),
  iat: nowSeconds(),
  exp: nowSeconds() + 600,
})

/** A token of these claims; what is `undefined` is left out. */
export function sign(
  claims: JWTPayload = goodClaims(),
  header: Partial<JWTHeaderParameters> = {},
  key = privateKey,
) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'first', ...header })
    .sign(key)
}

/** Headers of a caller who holds these permissions, and more that is said of them. */
export const as = async (scope: string, claims: JWTPayload = {}) => ({
  authorization: `Bearer ${await sign({ ...goodClaims(scope), ...claims })}`,
})

export const authentication: ServerOptions['authentication'] = {
  issuer,
  audiences: ['gatehouse', 'example'],
  keys: async () => [jwk],
  isRevoked: () => false,
}

interface About {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly [string]
}

const about: About = { operationId: 'tryThings', summary: 'Try things.', tags: ['things'] }

/** An endpoint to try things with. */
export const endpoint = <
  const M extends Endpoint['method'],
  const U extends `/${string}`,
  const C extends Endpoint['config'],
  const S extends Partial<Endpoint['schema']>,
>(
  method: M,
  url: U,
  config: C,
  schema: S = {} as S,
) => ({ method, url, config, schema: { response: { 200: z.unknown() }, ...about, ...schema } as About & S })

export const open = { access: 'public' } as const

/** A server with these routes, listening on a free port, and the lines of its log. */
export async function serve(declare: (app: Server) => unknown, options: Partial<ServerOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLogger({ service: 'example', level: 'debug', stream })
  const app = createServer({ service: 'example', version: '1.2.3', log, authentication, ...options })
  declare(app)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, url, lines }
}

/** Sends bytes as they are and gives back all that comes until the server closes the connection. */
export async function sendRaw(url: string, bytes: string | Buffer) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  return text(socket)
}
