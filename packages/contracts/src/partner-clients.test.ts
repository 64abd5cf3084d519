import { expect, test } from 'vitest'
import { CreatePartnerClient } from './partner-clients.ts'

const client = { name: 'Reports', scopes: ['users:read'] }

test('a client may call 600 times a minute from anywhere, unless it is told otherwise', () => {
  expect(CreatePartnerClient.parse(client)).toEqual({ ...client, rateLimitPerMinute: 600, allowedIps: [] })
})

test.each([
  { scopes: [] },
  { scopes: ['roles:write'] },
  { scopes: ['*'] },
  { scopes: 'users:read' },
  { rateLimitPerMinute: 0 },
  { rateLimitPerMinute: 100_001 },
  { rateLimitPerMinute: 1.5 },
  { allowedIps: ['everywhere'] },
  { allowedIps: ['10.0.0.1', '010.0.0.1'] },
  { allowedIps: Array.from({ length: 101 }, () => '10.0.0.1') },
  { clientSecret: 'chosen' },
])('a client is refused with %j', (change) => {
  expect(CreatePartnerClient.safeParse({ ...client, ...change }).success).toBe(false)
})
