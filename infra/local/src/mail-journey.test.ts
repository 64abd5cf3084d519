import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@gatehouse/db/connect'
import { type SQL, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ShownMail } from './mail/mail-html.ts'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

/** The way to the mail server, which can be closed. */
const way = { isOpen: true, sockets: new Set<Socket>() }
const passage = createServer((socket) => {
  way.sockets.add(socket)
  socket.on('error', () => {}).on('close', () => way.sockets.delete(socket))
  if (!way.isOpen) return void socket.destroy()
  const onward = connectTo(platform.mail.smtpPort, '127.0.0.1').on('error', () => socket.destroy())
  socket.pipe(onward).pipe(socket)
})

function closeTheWay() {
  way.isOpen = false
  for (const socket of way.sockets) socket.destroy()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-mail-journey-'))
  await once(passage.listen(0, '127.0.0.1'), 'listening')
  const { port } = passage.address() as AddressInfo
  platform = await startPlatform({ folder, durable: false, env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
})

afterAll(async () => {
  await platform?.stop()
  passage.close()
  await rm(folder, { recursive: true, force: true })
})

async function call(path: string, body?: unknown, token?: string) {
  const response = await fetch(`${platform.url}/api${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined }
}

const password = 'correct horse battery staple'
const register = async () => {
  const email = `${crypto.randomUUID()}@people.example`
  const person = {
    email,
    password,
    firstName: 'Ada',
    lastName: 'Lovelace',
    companyName: 'Analytical Engines',
  }
  const { status, json } = await call('/auth/register', person)
  expect(status).toBe(201)
  return { email, ...json }
}

const mailsTo = async (email: string) => {
  const { data } = (await (await fetch(`${platform.mail.url}/mails`)).json()) as { data: ShownMail[] }
  return data.filter(({ to }) => to === email)
}

/** The mail to somebody with this subject, once it is there. */
const mail = (email: string, subject: string) =>
  vi.waitFor(
    async () => {
      const found = (await mailsTo(email)).find((each) => each.subject === subject)
      if (found === undefined) throw new Error(`No mail "${subject}" has come`)
      return found
    },
    { timeout: 10_000, interval: 50 },
  )

const tokenOf = ({ text }: ShownMail) => text?.match(/\?token=(\S+)/)?.[1]

async function inDatabase<Row extends Record<string, unknown>>(service: string, statement: SQL) {
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: `/gatehouse_${service}` }).href
  const database = connect({ url, poolSize: 1, applicationName: 'journey' })
  try {
    return await database.orm.execute<Row>(statement)
  } finally {
    await database.close()
  }
}

test('who registers is sent a link, in the language of their tenant, and by it proves their address', async () => {
  const { email, accessToken, user } = await register()
  const first = await mail(email, 'Confirm your e-mail address')
  expect(first.from).toContain('no-reply@gatehouse.localhost')
  expect(first.text).toContain(`${platform.url}/verify-email?token=`)

  await inDatabase(
    'directory',
    sql`insert into tenant_settings (tenant_id, settings) values (${user.tenantId}, '{"locale": "de-CH"}')
      on conflict (tenant_id) do update set settings = excluded.settings`,
  )
  expect((await call('/users/me/verify-email', {}, accessToken)).status).toBe(202)
  const second = await mail(email, 'Bestätigen Sie Ihre E-Mail-Adresse')
  expect((await call('/auth/verify-email', { token: tokenOf(first) })).status).toBe(400)
  expect((await call('/auth/verify-email', { token: tokenOf(second) })).status).toBe(204)
  expect((await call('/users/me', undefined, accessToken)).json).toMatchObject({ emailVerified: true })
})

test('who forgot their password sets a new one by a link, and is out everywhere until they sign in with it', async () => {
  const { email, accessToken, refreshToken } = await register()
  const newPassword = 'a very different kettle of fish'
  expect((await call('/auth/forgot-password', { email })).status).toBe(202)
  const token = tokenOf(await mail(email, 'Set a new password'))
  expect((await call('/auth/reset-password', { token, newPassword })).status).toBe(204)

  expect((await call('/auth/refresh', { refreshToken })).status).toBe(401)
  const routes = ['/users/me', '/audit-logs', '/partner/clients']
  await vi.waitFor(
    async () => {
      for (const route of routes) expect((await call(route, undefined, accessToken)).status).toBe(401)
    },
    { timeout: 5000, interval: 20 },
  )
  expect((await call('/auth/login', { email, password })).status).toBe(401)
  expect((await call('/auth/login', { email, password: newPassword })).status).toBe(200)
  await mail(email, 'Your password was changed')
})

test('a mail that was queued just before auth was killed arrives when it is back, and once', async () => {
  closeTheWay()
  const { email } = await register()
  platform.services.auth.kill()
  expect((await call('/auth/login', { email, password })).status).not.toBe(200)
  await vi.waitFor(async () => expect((await call('/auth/login', { email, password })).status).toBe(200), {
    timeout: 30_000,
    interval: 100,
  })
  expect(await mailsTo(email)).toEqual([])
  way.isOpen = true
  await vi.waitFor(
    async () => {
      const [waiting] = await inDatabase<{ n: number }>(
        'auth',
        sql`select count(*)::int as n from mails where sealed is not null`,
      )
      expect(waiting).toEqual({ n: 0 })
    },
    { timeout: 40_000, interval: 200 },
  )
  expect(await mailsTo(email)).toHaveLength(1)
}, 80_000)
