import { randomUUIDv7 } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Problem } from '@gatehouse/contracts/problem'
import { methodNotAllowed } from '@gatehouse/contracts/problems'
import type { ConnectionError, FastifyInstance } from 'fastify'
import { canonicalAddress } from './client-address.ts'
import { denialWithoutRoute, type TellDenial } from './denials.ts'
import { headersTooLarge, malformedRequest, requestTimeout } from './failures.ts'
import { problemDocument, problemMediaType } from './problem-document.ts'
import { securityHeaders } from './response-headers.ts'

const ofNode: Readonly<Record<string, typeof malformedRequest>> = {
  HPE_HEADER_OVERFLOW: headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
}

/**
 * Answers what is not HTTP, is too slow or has too large a header with a problem, closes the connection, and tells of what
 * was not merely slow.
 */
export const answerWireErrors = (tell: TellDenial = () => {}) =>
  function (this: FastifyInstance, error: ConnectionError, socket: Socket) {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const problem = (ofNode[error.code] ?? malformedRequest)()
    const { status, code: reason } = problem
    this.log.debug({ code: error.code, status }, 'refused what came over the wire')
    close(socket, problem)
    if (status === 400 || status === 431)
      tell(denialWithoutRoute({ status, reason, method: 'none', origin: originOf(socket) }))
  }

/** Answers requests for a tunnel in the same way, which Node makes no requests of. */
export function refuseTunnels(app: FastifyInstance, tell: TellDenial = () => {}) {
  app.server.on('connect', (_request, socket: Socket) => {
    const problem = methodNotAllowed()
    socket.on('error', () => socket.destroy())
    close(socket, problem)
    tell(
      denialWithoutRoute({ status: 405, reason: problem.code, method: 'CONNECT', origin: originOf(socket) }),
    )
  })
}

function close(socket: Socket, problem: Problem) {
  const { status } = problem
  const body = problemDocument(problem, { id: randomUUIDv7(), url: '' })
  const headers = {
    ...securityHeaders,
    connection: 'close',
    'content-type': problemMediaType,
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}

/** Who sent what is no request, as far as the connection shows: behind a proxy, the proxy. */
const originOf = ({ remoteAddress }: Socket): Origin => ({
  correlationId: randomUUIDv7(),
  sourceIp: canonicalAddress(remoteAddress),
  userAgent: undefined,
  traceparent: undefined,
})
