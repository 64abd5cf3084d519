import { describe, expect, test } from 'vitest'
import { type Envelope, envelopeOf, readEvent } from './envelope.ts'
import { sessionStarted } from './harness.ts'

const id = '01983f5a-0000-7000-8000-000000000001'
const subject = 'identity.auth.session.started'
const emission = sessionStarted()
const unsent = envelopeOf(id, 'session.started', emission)
const sent: Envelope = JSON.parse(JSON.stringify({ ...unsent, time: '2026-01-02T03:04:05.678Z' }))
const read = (message: unknown, on = subject) =>
  readEvent(on, new TextEncoder().encode(JSON.stringify(message)))

test('an event is read as it was sent, with who, where, what and its version', () => {
  const event = read(sent)
  expect(event).toMatchObject({
    envelope: {
      specversion: '1.0',
      id,
      source: 'urn:gatehouse:service:auth',
      type: 'session.started',
      subject: `session/${emission.aggregate.id}`,
      tenantid: emission.tenantId,
      actortype: 'user',
      actorid: emission.actor.id,
      correlationid: 'test-correlation',
      sourceip: '192.0.2.1',
      aggregateversion: 1,
    },
    declared: { name: 'session.started', data: emission.data },
  })
})

test('the state before and after a change travels with it', () => {
  const changed = envelopeOf(id, 'session.started', { ...emission, before: { n: 1 }, after: { n: 2 } })
  expect(read({ ...sent, ...changed })).toMatchObject({
    envelope: { data: { before: { n: 1 }, after: { n: 2 } } },
  })
})

test('what an event does not declare is never sent', () => {
  const data = { ...emission.data, password: 'secret' }
  expect(envelopeOf(id, 'session.started', { ...emission, data }).data).not.toHaveProperty('password')
})

test('data that is not what the event declares is refused at the sender', () => {
  const data = { ...emission.data, userId: 'nobody' }
  expect(() => envelopeOf(id, 'session.started', { ...emission, data })).toThrow()
})

test.each([
  [
    'an event that this version does not know',
    { type: 'session.teleported' },
    'identity.auth.session.teleported',
  ],
  [
    'a version of an event that this version does not know',
    { dataversion: 2, data: { other: true } },
    subject,
  ],
  ['an attribute that this version does not know', { newer: 'attribute' }, subject],
])('%s is handed on whole', (_, change, on) => {
  expect(read({ ...sent, ...change }, on)).toMatchObject({ envelope: { ...sent, ...change } })
})

describe('refused as poison, with its reason', () => {
  test.each([
    ['not JSON', new TextEncoder().encode('{'), /^not an envelope/],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), /^not an envelope/],
    ['nothing', new Uint8Array(), /^not an envelope/],
  ])('%s', (_, bytes, reason) => {
    expect(readEvent(subject, bytes)).toEqual({ poison: expect.stringMatching(reason) })
  })

  test.each([
    ['no envelope', { hello: 'world' }, subject, /^not an envelope: specversion/],
    ['an envelope without a tenant', { ...sent, tenantid: undefined }, subject, /^not an envelope: tenantid/],
    ['data of the wrong shape', { ...sent, data: { userId: 1 } }, subject, /^not a session.started: userId/],
    ['one service on the subject of another', sent, 'identity.directory.session.started', /^forged/],
    ['another event than the subject says', sent, 'identity.auth.session.ended', /^forged/],
    [
      'an event that is another service’s to tell',
      { ...sent, type: 'user.registered' },
      'identity.auth.user.registered',
      /^forged/,
    ],
  ])('%s', (_, message, on, reason) => {
    expect(read(message, on)).toEqual({ poison: expect.stringMatching(reason) })
  })

  test('and the reason repeats nothing of what stood there', () => {
    expect(JSON.stringify(read({ ...sent, tenantid: 'ada@example.com' }))).not.toContain('ada@')
  })
})
