import { createHash, randomBytes } from 'node:crypto'

const form = /^[\w-]{43}$/

/** What a browser is known by from the beginning of a sign-in to its end: 256 bits, the same for all of its tabs. */
export const browserOr = (given: string | undefined) =>
  given !== undefined && form.test(given) ? given : randomBytes(32).toString('base64url')

export const digestOf = (text: string) => createHash('sha256').update(text).digest()
