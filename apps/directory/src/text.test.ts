import { permissions as catalogue, permissionNames } from '@gatehouse/contracts/permissions'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { app, as, enter } = await harness()
const { person } = await enter()
const { tenantId, userId } = person
const headers = await as({
  tenantId,
  subject: userId,
  permissions: permissionNames.filter((name) => catalogue[name].grantable === 'tenant'),
})

async function call(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) {
  const answer = await app.inject({ method, url: `/api${url}`, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, json: answer.json() }
}

const rename = (firstName: unknown) => call('PATCH', '/users/me', { firstName })
const invite = (email: unknown) => call('POST', `/tenants/${tenantId}/invites`, { email })

test.each([
  'Zoë',
  'محمد',
  '李小龙',
  'Ναταλία',
  'अनन्या',
  "O'Brien-Smith",
  'D’Arcy',
  '🦊 Fox',
  'नि',
  'X Æ A-12',
])('a name in any script is taken as it is, and found: %s', async (name) => {
  expect(await rename(`  ${name} `)).toMatchObject({ status: 200, json: { firstName: name } })
  const found = await call('GET', `/users?search=${encodeURIComponent(name.toLowerCase())}`)
  expect(found.json.data).toMatchObject([{ id: userId }])
})

test('a name is one and the same, composed or not', async () => {
  expect((await rename('Zoe\u0308')).json.firstName).toBe('Zo\u00eb')
})

test.each([
  ['NUL', 'a\u0000b'],
  ['a lone surrogate', 'a\ud800'],
  ['what turns the direction of text', '\u202eadmin'],
  ['an isolate of direction', '\u2066admin'],
  ['a line break', 'a\nb'],
  ['an escape sequence', '\u001b[31mred'],
  ['nothing legible', ' \u200b '],
  ['101 characters', 'x'.repeat(101)],
  ['a list', ['Ada']],
  ['an object', { $gt: '' }],
  ['a number', 7],
])('a name with %s is refused', async (_, name) => {
  expect((await rename(name)).status).toBe(400)
})

test.each([
  ['two @', 'ada@evil.example@navy.example'],
  ['two @ once it is folded', 'ada\uff20evil.example@navy.example'],
  ['a comma', 'ada@navy.example,eve@evil.example'],
  ['a header', 'ada@navy.example\r\nbcc: eve@evil.example'],
  ['a quoted part', '"ada b"@navy.example'],
  ['an address literal', 'ada@[192.0.2.1]'],
  ['NUL', 'ada\u0000@navy.example'],
  ['255 bytes', `${'x'.repeat(64)}@${`${'y'.repeat(60)}.`.repeat(3)}example`],
  ['a list', ['ada@navy.example']],
])('an address with %s is refused, by an invite and by a change', async (_, email) => {
  expect((await invite(email)).status).toBe(400)
  expect((await call('PATCH', `/users/${userId}`, { email })).status).toBe(400)
})

test('an address is the same in any case; no character outside of ASCII gets in, so that none only looks like another', async () => {
  const grace = { email: 'grace.hopper@navy.example' }
  expect(await invite('Grace.Hopper@Navy.example')).toMatchObject({ status: 201, json: grace })
  expect((await invite('grace.hopper@NAVY.EXAMPLE')).json.code).toBe('invite.open')
  const lookalikes = [
    'gr\u0430ce.hopper@navy.example',
    '\uff47race.hopper@navy.example',
    'grac\u00e9@navy.example',
  ]
  for (const email of [...lookalikes, ' grace.hopper@navy.example']) {
    expect((await invite(email)).status).toBe(400)
  }
  const { answer } = await enter({ email: 'Grace.Hopper@NAVY.example' })
  expect(answer.json().user.email).toBe(grace.email)
  expect((await enter(grace)).answer.json().code).toBe('user.email_taken')
})

test('what a tenant keeps of its own is bounded, and changes nothing that objects inherit', async () => {
  const config = (text: string) =>
    app.inject({
      method: 'PATCH',
      url: `/api/tenants/${tenantId}`,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: `{"config":${text}}`,
    })
  expect((await config('{"a":{"b":[1,"two",null]}}')).statusCode).toBe(200)
  for (const refused of [
    '{"__proto__":{"polluted":1}}',
    '{"a":{"constructor":{"prototype":{"polluted":1}}}}',
    `{"a":${'['.repeat(30)}${']'.repeat(30)}}`,
    `{"a":"${'x'.repeat(17_000)}"}`,
    `{${Array.from({ length: 1_100 }, (_, n) => `"k${n}":1`).join()}}`,
    '{"a":1,"a":2}',
    '[]',
  ]) {
    expect((await config(refused)).statusCode, refused.slice(0, 60)).toBe(400)
  }
  expect({}).not.toHaveProperty('polluted')
})
