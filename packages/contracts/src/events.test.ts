import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { accessEvents } from './access-events.ts'
import {
  type EventName,
  events,
  publisherOf,
  publishers,
  publishes,
  serviceNames,
  subjectOf,
} from './events.ts'

const catalogue = Object.entries(events)

describe.each(catalogue)('the event %s', (name, { version, summary, person, data }) => {
  test('is named <aggregate>.<what happened>, by a service that exists', () => {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/)
    expect(serviceNames.some((service) => publishes(service, name as EventName))).toBe(true)
    expect(version).toBeGreaterThanOrEqual(1)
    expect(summary).toMatch(/^[A-Z].*\.$/)
  })

  test('has data that can be shown, without a secret in it', () => {
    const { properties } = z.toJSONSchema(data)
    expect(Object.keys(properties ?? {}).join(' ')).not.toMatch(/password|secret|token|hash|key/i)
  })

  test('says whose personal data it holds, so that erasing a person reaches it', () => {
    const fields = Object.keys(data.shape)
    const naming = fields.filter((field) => /^(email|firstName|lastName|userId)$/.test(field))
    if (person === 'userId') expect(fields).toContain('userId')
    if (person === 'nobody') expect(naming).toEqual([])
    expect(['userId', 'aggregate', 'nobody']).toContain(person)
  })
})

test('an event is published under its service, so that no service can publish for another', () => {
  expect(subjectOf('session.started')).toBe('identity.auth.session.started')
  expect(subjectOf('oauth_client.created')).toBe('identity.partner-gateway.oauth_client.created')
})

test('no two services publish an event of the same name, but for what every service tells of itself', () => {
  const shared = Object.keys(accessEvents)
  const names = Object.values(publishers).flatMap((declared) => Object.keys(declared))
  const own = names.filter((name) => !shared.includes(name))
  expect(Object.keys(events).sort()).toEqual([...own, ...shared].sort())
  for (const service of serviceNames) expect(publishes(service, 'access.denied')).toBe(true)
  expect(publisherOf('access.denied')).toBeUndefined()
})

test('no service publishes what is for another to tell', () => {
  expect(publishes('auth', 'session.started')).toBe(true)
  expect(publishes('directory', 'session.started')).toBe(false)
  expect(publishes('toString', 'access.denied')).toBe(false)
})
