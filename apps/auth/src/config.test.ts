import { randomBytes } from 'node:crypto'
import { parseSettings } from '@gatehouse/config/load-settings'
import { expect, test } from 'vitest'
import { Settings } from './config.ts'

const key = () => randomBytes(32).toString('base64')
const environment = {
  DATABASE_URL: 'postgres://auth_app@db/auth',
  NATS_URL: 'nats://nats',
  NATS_USER: 'auth',
  NATS_PASSWORD: 'secret',
  ISSUER: 'https://id.example.com',
  DIRECTORY_URL: 'http://directory',
  AUDIT_URL: 'http://audit',
  KEY_ENCRYPTION_KEY: key(),
  PASSWORD_PEPPER: key(),
  SMTP_URL: 'smtp://mail',
  MAIL_FROM: 'Gatehouse <no-reply@example.com>',
  LINKS_URL: 'https://app.example.com',
}
const faultsOf = (given: object) => {
  const parsed = parseSettings(Settings, { ...environment, ...given })
  return 'faults' in parsed ? parsed.faults : []
}

test('what is asked of those who register has a default, and can be made stricter', () => {
  expect(parseSettings(Settings, environment)).toMatchObject({
    settings: { REGISTRATION: 'open', EMAIL_VERIFICATION: 'optional', REGISTER_DISCLOSES_TAKEN_EMAIL: true },
  })
  const strict = {
    REGISTRATION: 'invite',
    EMAIL_VERIFICATION: 'required',
    REGISTER_DISCLOSES_TAKEN_EMAIL: 'false',
  }
  expect(faultsOf(strict)).toEqual([])
})

test('a taken address cannot be kept secret from somebody who is let in at once', () => {
  expect(faultsOf({ REGISTER_DISCLOSES_TAKEN_EMAIL: 'false' })).toEqual([
    'REGISTER_DISCLOSES_TAKEN_EMAIL is wrong: it must be true, or EMAIL_VERIFICATION required.',
  ])
})

test('the pepper before this one is a key too', () => {
  expect(faultsOf({ PASSWORD_PEPPER_PREVIOUS: key() })).toEqual([])
  expect(faultsOf({ PASSWORD_PEPPER_PREVIOUS: 'short' })).toEqual([
    expect.stringContaining('PASSWORD_PEPPER_PREVIOUS is wrong'),
  ])
})
