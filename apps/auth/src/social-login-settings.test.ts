import { parseSettings } from '@gatehouse/config/load-settings'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { socialLoginSettings } from './social-login-settings.ts'

const parse = (environment: Record<string, string>) =>
  parseSettings(z.object(socialLoginSettings), environment)

test('without any setting the providers are the real ones, and none of them is ready', () => {
  expect(parse({})).toEqual({
    settings: {
      GOOGLE_ISSUER: 'https://accounts.google.com',
      GITHUB_URL: 'https://github.com',
      GITHUB_API_URL: 'https://api.github.com',
      MICROSOFT_ISSUER: 'https://login.microsoftonline.com/common/v2.0',
      LOGIN_RETURN_URLS: [],
    },
  })
})

test.each([
  ['GOOGLE_ISSUER', 'http://accounts.google.com'],
  ['GITHUB_URL', 'http://127.0.0.1.evil.example'],
  ['GITHUB_API_URL', 'api.github.com'],
  ['MICROSOFT_ISSUER', 'http://login.microsoftonline.com/common/v2.0'],
  ['MICROSOFT_ISSUER', 'https://login.microsoftonline.com/common'],
  ['MICROSOFT_ISSUER', 'https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0'],
  ['LOGIN_RETURN_URLS', 'https://app.example,javascript:alert(1)'],
  ['LOGIN_RETURN_URLS', '//app.example'],
  ['LOGIN_RETURN_URLS', 'https://app.example/#fragment'],
  ['LOGIN_RETURN_URLS', '*'],
])('the process does not start with %s=%s, which it names', (name, value) => {
  expect(parse({ [name]: value })).toEqual({ faults: [expect.stringContaining(`${name} is wrong: it must`)] })
})

test('addresses to return to are kept word for word', () => {
  const LOGIN_RETURN_URLS = 'https://app.example/, http://localhost:3000/back?from=login'
  expect(parse({ LOGIN_RETURN_URLS })).toMatchObject({
    settings: { LOGIN_RETURN_URLS: ['https://app.example/', 'http://localhost:3000/back?from=login'] },
  })
})
