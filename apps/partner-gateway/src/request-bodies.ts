import { Readable } from 'node:stream'
import { Problem } from '@gatehouse/contracts/problem'
import { bodyTooLarge } from '@gatehouse/contracts/problems'
import { refuseCompressed } from '@gatehouse/http/json-body'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { brokenBody } from './errors.ts'

/** Takes bodies of JSON as they come, for the service behind to read: what is in them is its to judge. */
export function streamBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', ({ headers, routeOptions }, body, done) => {
    refuseCompressed(headers['content-encoding'])
    done(null, limited(body, routeOptions.bodyLimit))
  })
}

/** What reads a body that is no larger than that; fails with a Problem where it is larger, or breaks off. */
function limited(body: Readable, maxBytes: number): Readable {
  async function* read() {
    let bytes = 0
    try {
      for await (const chunk of body) {
        bytes += chunk.length
        if (bytes > maxBytes) throw bodyTooLarge({ headers: { connection: 'close' } })
        yield chunk
      }
    } catch (cause) {
      throw cause instanceof Problem ? cause : brokenBody({ cause })
    }
  }
  return Readable.from(read(), { objectMode: false })
}

/** Refuses what says that it is larger before any of it is read: an unread body would hold up the connection. */
export const refuseLarger =
  (maxBytes: (request: FastifyRequest) => number): onRequestHookHandler =>
  (request, reply, done) => {
    const { 'transfer-encoding': encoding, 'content-length': length = 0 } = request.headers
    const most = maxBytes(request)
    if (Number(length) > most || (most === 0 && encoding !== undefined)) {
      reply.header('connection', 'close')
      throw bodyTooLarge()
    }
    done()
  }
