import { isUtf8 } from 'node:buffer'
import { unsupportedMediaType } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { malformedJson, refusedContent } from './failures.ts'

const maxDepth = 20
const maxMembers = 1_000

/** Names that reach a prototype when an object is merged or assigned without care. */
export const isRefusedName = (name: string) => name === '__proto__' || name === 'constructor'

/** Reads bodies of `application/json`, and of no other type. */
export function jsonBody(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    refuseCompressed(request.headers['content-encoding'])
    sent.set(request, body)
    done(null, body.length === 0 ? undefined : parseJson(body))
  })
}

const sent = new WeakMap<FastifyRequest, Buffer>()

/** The JSON of a request's body as it was sent, to the byte. */
export const sentJson = (request: FastifyRequest) => sent.get(request)?.toString('utf8')

/** A small body can unpack into one of any size, so none may be compressed. */
export function refuseCompressed(encoding: string | undefined) {
  if (encoding !== undefined && encoding !== 'identity') throw unsupportedMediaType()
}

/**
 * Parses JSON that every reader understands alike (RFC 7493): UTF-8, no lone surrogates, no name twice in an object.
 * @throws Problem `request.malformed_json`, or `request.refused_content` for NUL, names that reach a prototype, more
 *   than 20 levels or 1,000 members
 */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformedJson()
  const text = body.toString('utf8')
  const written = countMembers(text)
  if (written > maxMembers) throw refusedContent({ detail: `More than ${maxMembers} fields.` })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The error's message quotes the body.
    throw malformedJson()
  }
  // Where a name stands twice, JSON.parse keeps the last alone and fewer members are found than were written.
  if (inspect(value, 1) !== written) throw refusedContent({ detail: 'A name stands twice in one object.' })
  return value
}

/** How many members the objects of a JSON text have: the colons outside its strings. */
function countMembers(text: string) {
  let members = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') quoted = !quoted
    else if (quoted && char === '\\') at++
    else if (!quoted && char === ':') members++
  }
  return members
}

/** Refuses content that is not safe to pass on, and counts the members of all objects. */
function inspect(value: unknown, depth: number): number {
  if (typeof value === 'string') refuseIllFormed(value)
  if (typeof value !== 'object' || value === null) return 0
  if (depth > maxDepth) throw refusedContent({ detail: `Deeper than ${maxDepth} levels.` })
  if (Array.isArray(value))
    return value.reduce((members: number, item) => members + inspect(item, depth + 1), 0)
  let members = 0
  for (const [name, member] of Object.entries(value)) {
    if (isRefusedName(name)) throw refusedContent({ detail: `The name ${name} is not accepted.` })
    refuseIllFormed(name)
    members += 1 + inspect(member, depth + 1)
  }
  return members
}

/** PostgreSQL holds neither NUL nor lone surrogates, and hashes of them are not told apart. */
export function refuseIllFormed(text: string) {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw refusedContent({ detail: 'A text holds NUL or is not well-formed Unicode.' })
  }
}
