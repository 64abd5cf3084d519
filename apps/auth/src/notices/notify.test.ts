import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness, inDirectory, newcomer, openMailbox, somebody } from '../harness.ts'
import { createLinks } from '../links.ts'
import type { Notice } from '../notify.ts'
import { createWriteNotice } from './notify.ts'

const auth = await harness()
const { app } = auth
const { mailsTo } = await openMailbox(auth)

const link = 'https://app.gatehouse.test/somewhere?token=gate_ott_x'
const notices: Notice[] = [
  { kind: 'verify_email', link },
  { kind: 'reset_password', link },
  { kind: 'email_taken', link },
  { kind: 'password_changed' },
  { kind: 'session_reuse' },
  { kind: 'second_factor_changed' },
  { kind: 'identity_linked', provider: 'github' },
]
const write = createWriteNotice(createLinks('https://app.gatehouse.test'))

const someone = (locale: string, emailVerified = true) => {
  const { user, tenant, ...rest } = somebody()
  return { ...rest, user: { ...user, emailVerified }, tenant: { ...tenant, locale } }
}

test.each(notices)('$kind is said in each language in words of its own, and leads somewhere', (notice) => {
  const mails = ['en', 'de', 'fr', 'es'].map((locale) => write(someone(locale), notice))
  expect(new Set(mails.map(({ subject }) => subject)).size).toBe(4)
  for (const { to, subject, text, html } of mails) {
    expect(to).toBe('ada@analytical.example')
    expect(`${subject}${text}${html}`).not.toMatch(/undefined|\[object/)
    expect(text).toContain('Analytical Engines')
    expect(text).toContain('Ada')
    expect(text).toContain('link' in notice ? link : 'https://app.gatehouse.test/forgot-password')
    if (notice.kind === 'identity_linked') expect(text).toContain('GitHub')
  }
})

test.each([
  ['de', 'de', 'Ihr Passwort wurde geändert'],
  ['de-CH', 'de', 'Ihr Passwort wurde geändert'],
  ['fr-CA', 'fr', 'Votre mot de passe a été modifié'],
  ['es-419', 'es', 'Su contraseña ha cambiado'],
  ['en-GB', 'en', 'Your password was changed'],
  ['pt-BR', 'en', 'Your password was changed'],
  ['zh-Hant-TW', 'en', 'Your password was changed'],
])('a tenant of locale %s is written to in %s', (locale, language, expected) => {
  const { subject, html } = write(someone(locale), { kind: 'password_changed' })
  expect(subject).toBe(expected)
  expect(html).toContain(`<html lang="${language}">`)
})

test('an address that nobody has proven is sent no name that its owner may never have given', () => {
  const { text, html } = write(someone('en', false), { kind: 'verify_email', link })
  expect(`${text}${html}`).not.toContain('Ada')
})

test('mail has the language, the name, the logo and the colour of the tenant', async () => {
  const person = newcomer({ companyName: 'Maschinen & Söhne' })
  const { user } = (await app.inject({ method: 'POST', url: '/api/auth/register', payload: person })).json()
  const branding = { logoUrl: 'https://cdn.example/logo.png', primaryColor: '#ffe000' }
  const settings = JSON.stringify({ locale: 'de-CH', branding })
  await inDirectory(sql`
    insert into tenant_settings (tenant_id, settings) values (${user.tenantId}, ${settings}::jsonb)
    on conflict (tenant_id) do update set settings = excluded.settings`)
  await app.inject({ method: 'POST', url: '/api/auth/forgot-password', payload: { email: person.email } })
  const mail = (await mailsTo(person.email)).at(-1)
  expect(mail?.subject).toBe('Legen Sie ein neues Passwort fest')
  expect(mail?.text).toContain('Maschinen & Söhne')
  expect(mail?.html).toContain('<img src="https://cdn.example/logo.png" alt="Maschinen &amp; Söhne"')
  expect(mail?.html).toContain('background:#ffe000;color:#000000')
})
