import { expect, test } from 'vitest'
import * as z from 'zod'
import { mailSettings } from './settings.ts'

const settings = z.object(mailSettings)
const good = {
  SMTP_URL: 'smtps://user:p%40ss@mail.example:465',
  MAIL_FROM: 'Gatehouse <no-reply@gatehouse.example>',
}

test.each([
  good,
  { ...good, SMTP_URL: 'smtp://127.0.0.1:2525' },
  { ...good, MAIL_FROM: 'no-reply@gatehouse.example' },
  { ...good, MAIL_FROM: 'Größe & Söhne <no-reply@localhost>' },
])('%j is how mail can be sent', (environment) => {
  expect(settings.parse(environment)).toEqual(environment)
})

test.each([
  ['SMTP_URL', 'https://mail.example'],
  ['SMTP_URL', 'mail.example:25'],
  ['SMTP_URL', 'smtp://'],
  ['MAIL_FROM', 'Gatehouse'],
  ['MAIL_FROM', 'Gatehouse <no-reply>'],
  ['MAIL_FROM', 'a@b.example, c@d.example'],
  ['MAIL_FROM', 'Gatehouse <a@b.example>\r\nBcc: c@d.example'],
  ['MAIL_FROM', 'Gate\r\nBcc: c@d.example\r\n house <a@b.example>'],
])('%s can not be %j', (name, value) => {
  const { error } = settings.safeParse({ ...good, [name]: value })
  expect(error?.issues).toMatchObject([{ path: [name], message: expect.stringMatching(/^must be an /) }])
})
