import * as z from 'zod'

const mustBeUrl = 'must be an smtp:// or smtps:// URL'
const mustBeSender = 'must be an address such as no-reply@example.com or Gatehouse <no-reply@example.com>'

const address = /[^\s<>@,;:"()[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*/
const sender = new RegExp(`^(${address.source}|[^<>@\\p{Cc}"]+ <${address.source}>)$`, 'u')

/** The environment of whatever sends mail, as a fragment of a service's settings. */
export const mailSettings = {
  /** With user name and password, percent-encoded, where the server asks for them; `smtp://` then insists on STARTTLS. */
  SMTP_URL: z
    .string({ error: mustBeUrl })
    .refine((value) => /^smtps?:$/.test(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.hostname, {
      error: mustBeUrl,
    }),
  /** Whom mails are from. */
  MAIL_FROM: z.string({ error: mustBeSender }).regex(sender, { error: mustBeSender }),
}
