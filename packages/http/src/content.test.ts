import { expect, test } from 'vitest'
import * as z from 'zod'
import { endpoint, open, serve } from './harness.ts'

const anything = endpoint('POST', '/api/anything', open, { body: z.unknown() })
const search = endpoint('GET', '/api/search', open, { querystring: z.looseObject({}) })
const { app } = await serve((app) => {
  app.route({ ...anything, handler: async ({ body }) => body ?? {} })
  app.route({ ...search, handler: async ({ query }) => query })
})

const send = (payload: string | Buffer) =>
  app.inject({
    method: 'POST',
    url: '/api/anything',
    headers: { 'content-type': 'application/json' },
    payload,
  })
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const members = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n])))

test.each([
  '{"a":"\\"","b":"\\\\","c":":"}',
  '{"a:b":{"c":[":",{"d":"{\\"e\\":1}"}]}}',
  '["\\ud83d\\ude00","é","\\u202e"]',
  '{"prototype":{"a":1}}',
  '{"a":{"x":1},"b":{"x":1}}',
  nested(20),
  members(1_000),
])('ordinary JSON arrives as it is: %.60s', async (payload) => {
  expect((await send(payload)).json()).toEqual(JSON.parse(payload))
})

test.each([
  ['NUL in a text', '{"a":"b\\u0000c"}'],
  ['NUL in a name', '{"a\\u0000":1}'],
  ['NUL deep inside', '{"a":[{"b":["\\u0000"]}]}'],
  ['a high surrogate alone', '{"a":"\\ud800"}'],
  ['a low surrogate alone', '["\\udc00b"]'],
  ['surrogates the wrong way round', '"\\udc00\\ud800"'],
  ['a lone surrogate in a name', '{"\\ud800":1}'],
  ['__proto__', '{"__proto__":{"isAdmin":true}}'],
  ['__proto__, written otherwise', '{"\\u005f_proto__":{"isAdmin":true}}'],
  ['__proto__ deep inside', '{"a":[{"__proto__":null}]}'],
  ['constructor', '{"constructor":{"prototype":{"isAdmin":true}}}'],
  ['a name twice', '{"role":"admin","role":"member"}'],
  ['a name twice, written otherwise', '{"role":"admin","r\\u006fle":"member"}'],
  ['a name twice, deep inside', '{"a":[{"b":{"c":1,"d":2,"c":3}}]}'],
  ['21 levels', nested(21)],
  ['30,000 levels', nested(30_000)],
  ['1,001 members', members(1_001)],
  ['1,001 members over several objects', `[${members(500)},${members(501)}]`],
])('X2, X3, X1: a body with %s is refused', async (_, payload) => {
  expect((await send(payload)).json()).toMatchObject({ status: 400, code: 'request.refused_content' })
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
})

test.each([
  ['bytes that are not UTF-8', Buffer.from('7b2261223a22ff227d', 'hex')],
  ['a surrogate in UTF-8', Buffer.from('5b22eda08022 5d'.replace(' ', ''), 'hex')],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ['a byte order mark', Buffer.from('\ufeff{}')],
  ['a comment', '{} // more'],
  ['two values', '{}{}'],
  ['an open text', '{"a":"'],
  ['NaN', '[NaN]'],
])('a body with %s is not JSON', async (_, payload) => {
  expect((await send(payload)).json()).toMatchObject({ status: 400, code: 'request.malformed_json' })
})

test.each(['__proto__=1', 'constructor=1', 'a=1&__proto__[isAdmin]=1&__proto__=2', '%5f_proto__=1'])(
  'a query with %s is refused',
  async (query) => {
    const reply = await app.inject(`/api/search?${query}`)
    expect(reply.json()).toMatchObject({ status: 400, code: 'request.refused_content' })
  },
)

test('a query arrives as it was meant', async () => {
  expect((await app.inject('/api/search?q=a%20b%26c&q2=%F0%9F%98%80&x[y]=1')).json()).toEqual({
    q: 'a b&c',
    q2: '😀',
    'x[y]': '1',
  })
})
