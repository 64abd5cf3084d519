import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Mail, startMail } from './mail.ts'
import type { ShownMail } from './mail-html.ts'

const cleanup = new AsyncDisposableStack()
let mail: Mail

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-mail-'))
  cleanup.defer(() => rm(folder, { recursive: true }))
  mail = await startMail({ folder, pagePort: 0, smtpPort: 0 }, cleanup)
})
afterAll(() => cleanup.disposeAsync())

const send = (message: object) =>
  createTransport({ host: '127.0.0.1', port: mail.smtpPort }).sendMail({
    from: 'Gatehouse <no-reply@gatehouse.localhost>',
    to: 'jane@example.com',
    ...message,
  })

const files = async () => (await readdir(mail.folder)).sort()
const listed = async () => {
  const answer = await fetch(`${mail.url}/mails`)
  return ((await answer.json()) as { data: ShownMail[] }).data
}

test('a sent mail is a file as it came, for this user alone', async () => {
  await send({ subject: 'Grüße', text: 'Hello, here is https://example.com/invite?token=1' })
  const name = (await files()).at(-1) ?? ''
  expect(name).toMatch(/\.eml$/)
  expect(await readFile(join(mail.folder, name), 'utf8')).toMatch(
    /^From: Gatehouse <no-reply@gatehouse.localhost>\r\n/m,
  )
  expect((await stat(join(mail.folder, name))).mode & 0o777).toBe(0o600)
})

test('the newest mail is first, in the list and in the order of the file names', async () => {
  for (const subject of ['first', 'second', 'third']) await send({ subject, text: subject })
  const subjects = (await listed()).map(({ subject }) => subject)
  expect(subjects.slice(0, 3)).toEqual(['third', 'second', 'first'])
  const newestFirst = (await listed()).map(({ file }) => file)
  expect(newestFirst).toEqual((await files()).toReversed())
})

test('the list gives sender, recipients, subject, text and HTML', async () => {
  await send({ to: ['a@example.com', 'b@example.com'], subject: 'Both', text: 'plain', html: '<b>rich</b>' })
  expect((await listed())[0]).toMatchObject({
    to: expect.stringMatching(/a@example\.com.*b@example\.com/),
    subject: 'Both',
    text: expect.stringContaining('plain'),
    html: expect.stringContaining('<b>rich</b>'),
  })
})

test('what a mail holds is shown as text on the page, and its HTML runs nothing and loads nothing', async () => {
  const html =
    '<script>alert(1)</script><img src="http://evil.example/pixel"><a href="https://example.com">go</a>'
  await send({ subject: '<script>alert(2)</script>', text: '', html })
  const page = await fetch(mail.url)
  const content = await page.text()
  expect(content).not.toContain('<script>')
  expect(content).toContain('&lt;script&gt;alert(2)')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  const [, frame] =
    content.match(/<iframe [^>]*sandbox="(?!.*allow-(?:scripts|same-origin))[^"]*" src="([^"]+)"/) ?? []
  const shown = await fetch(`${mail.url}${frame}`)
  expect(await shown.text()).toContain('<a href="https://example.com">')
  expect(shown.headers.get('content-security-policy')).toMatch(
    /^sandbox (?!.*allow-scripts).*default-src 'none'/,
  )
})

test('a mail that is not there is a 404, whatever its name', async () => {
  for (const id of ['nothing', '..%2f..%2fsecrets', '%2e%2e']) {
    expect((await fetch(`${mail.url}/mails/${id}/html`)).status).toBe(404)
  }
})

test('a mail that is too large is refused and leaves no file', async () => {
  const before = await files()
  await expect(send({ subject: 'large', text: 'x'.repeat(26 * 1024 * 1024) })).rejects.toThrow(
    /552|too large|size/i,
  )
  expect(await files()).toEqual(before)
})

test('a taken port is named, together with how to choose another', async () => {
  const pagePort = Number(new URL(mail.url).port)
  await using other = new AsyncDisposableStack()
  const second = startMail({ folder: mail.folder, pagePort, smtpPort: 0 }, other)
  await expect(second).rejects.toThrow(
    `Port ${pagePort} is taken by another program. Stop that program, or choose another port: MAIL_PORT=`,
  )
})
