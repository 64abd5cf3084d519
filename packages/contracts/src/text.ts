import * as z from 'zod'

/** Control characters, line separators, lone surrogates, and what turns the direction of the text around it. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u
const unprintableButLineBreaks = /[^\P{Cc}\n\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069]/u
const legible = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Text is counted in code points, as JSON Schema and PostgreSQL do, and kept trimmed and in Unicode's form C. */
const textOf = (max: number, forbidden: RegExp) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .refine((text) => !forbidden.test(text), 'Must not hold control characters or ill-formed Unicode')
    .refine((text) => legible.test(text), 'Must not be blank')
    .refine((text) => [...text].length <= max, `Must be at most ${max} characters`)
    .meta({ minLength: 1, maxLength: max })

/** One line of text in any script, 1 to `max` characters. */
export const line = (max: number) => textOf(max, unprintable)

/** Text in any script that may have line breaks and tabs, 1 to `max` characters. */
export const paragraphs = (max: number) => textOf(max, unprintableButLineBreaks)

export const PersonName = line(100)

const byteLength = (text: string) => new TextEncoder().encode(text).length

/**
 * A password exactly as it was typed: never trimmed, folded or cut. 1 to 1024 bytes of well-formed Unicode, because
 * ill-formed text has no bytes of its own: `a\ud800b` and `a\ud801b` would be the same password.
 */
export const Password = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed(), 'Must be well-formed Unicode')
  .refine((text) => byteLength(text) <= 1024, 'Must be at most 1024 bytes')
  .meta({ maxLength: 1024, format: 'password', writeOnly: true })

/**
 * A password to be set. NIST SP 800-63B-4, section 3.1.1.2, asks for length and no composition rules: for 15 characters,
 * or 8 where a second factor is asked for as well, which only the service can know.
 */
export const NewPassword = Password.refine(
  (text) => [...text].length >= 8,
  'Must be at least 15 characters: a few words are easy to remember',
).meta({
  minLength: 8,
  maxLength: 1024,
  format: 'password',
  writeOnly: true,
  description:
    'At least 15 characters; 8 where the tenant asks for a second factor. Nothing that is easy to guess.',
})
