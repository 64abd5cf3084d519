import { unsupportedMediaType } from '@gatehouse/contracts/problems'
import type { FastifyInstance } from 'fastify'
import { malformedForm, refusedContent } from './failures.ts'
import { isRefusedName, refuseCompressed, refuseIllFormed } from './json-body.ts'

/** Reads `application/x-www-form-urlencoded` where OAuth 2 asks for it, and nowhere else. */
export function formBody(app: FastifyInstance) {
  const type = 'application/x-www-form-urlencoded'
  app.addContentTypeParser<string>(type, { parseAs: 'string' }, (request, body, done) => {
    if (!request.routeOptions.config.oauth) throw unsupportedMediaType()
    refuseCompressed(request.headers['content-encoding'])
    done(null, parseForm(body))
  })
}

/**
 * Parses a form in which no parameter stands twice (RFC 6749, section 3.2).
 * @throws Problem `request.malformed_form`
 */
export function parseForm(text: string): Record<string, string> {
  const form = new Map<string, string>()
  for (const pair of text.split('&').filter(Boolean)) {
    const [name = '', ...rest] = pair.split('=').map(decode)
    const value = rest.join('=')
    if (form.has(name)) throw malformedForm({ detail: 'A parameter stands twice.' })
    if (isRefusedName(name)) throw refusedContent()
    refuseIllFormed(name + value)
    form.set(name, value)
  }
  return Object.fromEntries(form)
}

function decode(text: string) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformedForm()
  }
}
