import { expect, test } from 'vitest'
import { type Brand, type Letter, layOut, readableOn } from './layout.ts'

const brand: Brand = { name: 'Analytical Engines', logoUrl: null, primaryColor: '#0a5c36' }
const letter: Letter = {
  subject: 'Confirm your e-mail address',
  language: 'en',
  greeting: 'Hello Ada,',
  paragraphs: ['Please confirm.', 'Or do nothing.'],
  action: { label: 'Confirm', url: 'https://app.example/verify-email?token=gate_ott_x&y=1' },
  footer: 'Because of your account.',
}

test('a letter says the same as text and as HTML, each with its link', () => {
  const { subject, text, html } = layOut(letter, brand)
  expect(subject).toBe(letter.subject)
  for (const part of [brand.name, letter.greeting, ...letter.paragraphs, letter.footer, 'Confirm']) {
    expect(text).toContain(part)
    expect(html).toContain(part)
  }
  expect(text).toContain('https://app.example/verify-email?token=gate_ott_x&y=1')
  expect(html).toContain('href="https://app.example/verify-email?token=gate_ott_x&amp;y=1"')
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
})

test('the HTML has the logo and the colour of the sender', () => {
  const logoUrl = 'https://cdn.example/logo.svg?a=1&b=2'
  const { html } = layOut(letter, { ...brand, logoUrl })
  expect(html).toContain('<img src="https://cdn.example/logo.svg?a=1&amp;b=2" alt="Analytical Engines"')
  expect(html).toContain('background:#0a5c36;color:#ffffff')
})

test('whatever somebody calls themselves or their company, it is no markup', () => {
  const name = `<script>alert(1)</script>"'&`
  const { html } = layOut({ ...letter, greeting: name, footer: name, subject: name }, { ...brand, name })
  expect(html).not.toContain('<script>')
  expect(html).not.toContain(`"'`)
  expect(
    html.replaceAll('\u2060', '').match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)?.length,
  ).toBeGreaterThanOrEqual(3)
})

test('a mail program makes no link of what somebody calls themselves', () => {
  const greeting = 'Hello win.evil.example or https://evil.example/x or eve@evil.example,'
  const { text, html } = layOut({ ...letter, greeting }, { ...brand, name: 'www.evil.example' })
  for (const part of [text, html]) {
    expect(part).not.toMatch(/evil\.example|https:\/\/e|eve@evil/)
    expect(part.replaceAll('\u2060', '')).toContain('win.evil.example')
  }
})

test('no line break of a name ends a line', () => {
  const { subject, text } = layOut(
    { ...letter, subject: 'a\r\nBcc: b' },
    { ...brand, name: 'a\r\n\r\nb\u2028c' },
  )
  expect(subject).toBe('a Bcc: b')
  expect(text).toMatch(/^a b c\n/)
})

test.each(['#000000', '#ffffff', '#777777', '#0a5c36', '#ffe000', '#ff0000', '#767676', '#7f7f7f'])(
  'on %s text has a contrast of at least 4.5 to 1',
  (color) => {
    const luminance = (hex: string) => {
      const [red = 0, green = 0, blue = 0] = (hex.match(/[0-9a-f]{2}/g) ?? []).map((pair) => {
        const channel = Number.parseInt(pair, 16) / 255
        return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const [dark = 0, light = 0] = [luminance(color), luminance(readableOn(color))].sort((a, b) => a - b)
    expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5)
  },
)
