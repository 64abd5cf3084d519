import { randomUUIDv7 } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyInstance } from 'fastify'
import { headersTooLarge, malformedRequest, requestTimeout } from './failures.ts'
import { problemDocument, problemMediaType } from './problem-document.ts'
import { securityHeaders } from './response-headers.ts'

const ofNode: Readonly<Record<string, typeof malformedRequest>> = {
  HPE_HEADER_OVERFLOW: headersTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
}

/** Answers what is not HTTP, is too slow or has too large a header with a problem, and closes the connection. */
export function answerWireError(this: FastifyInstance, error: ConnectionError, socket: Socket) {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = (ofNode[error.code] ?? malformedRequest)()
  this.log.debug({ code: error.code, status: problem.status }, 'refused what came over the wire')
  const body = problemDocument(problem, { id: randomUUIDv7(), url: '' })
  const headers = {
    ...securityHeaders,
    connection: 'close',
    'content-type': problemMediaType,
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`)
}
