import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { probes, routedPaths, services } from './services.ts'

/**
 * The endpoints that users build on: none may go missing, ask for more or let in others. Who may call: the access,
 * then what else holds. Fields: of the query of a GET, else of the body; `?` after those that may be left out.
 */
const table = `
  GET /api/api-keys                            | 200 | api-keys:read own         | userId? limit? cursor? page?
  POST /api/api-keys                           | 201 | api-keys:write own user   | name userId
  DELETE /api/api-keys/:id                     | 204 | signed-in                 |
  GET /api/audit-logs                          | 200 | audit:read partner        | actorId? actorType? action? resource? resourceId? tenantId? correlationId? from? to? search? limit? cursor? page?
  POST /api/audit-logs                         | 201 | audit:write service       | actorId actorType action resource resourceId? tenantId? correlationId? previousState? newState? metadata? description?
  POST /api/auth/register                      | 201 | public                    | email password firstName lastName companyName? country? inviteToken?
  POST /api/auth/login                         | 200 | public                    | email password mfaCode?
  POST /api/auth/refresh                       | 200 | public                    | refreshToken
  POST /api/auth/logout                        | 204 | signed-in                 | everywhere?
  GET /api/auth/oauth/google                   | 302 | public                    |
  GET /api/auth/oauth/google/callback          | 200 | public                    | state code? error?
  GET /api/auth/oauth/github                   | 302 | public                    |
  GET /api/auth/oauth/github/callback          | 200 | public                    | state code? error?
  GET /api/auth/oauth/microsoft                | 302 | public                    |
  GET /api/auth/oauth/microsoft/callback       | 200 | public                    | state code? error?
  POST /api/v1/auth/service-token              | 200 | public                    | serviceName serviceSecret
  GET /api/users/me/export                     | 200 | signed-in user            |
  POST /api/users/me/erase                     | 202 | signed-in user            |
  GET /api/users/me/consent                    | 200 | signed-in user            |
  GET /api/users/me/consent/history            | 200 | signed-in user            | limit? cursor? page?
  POST /api/users/me/consent                   | 201 | signed-in user            | consentType granted
  GET /api/health                              | 200 | public                    |
  GET /api/ready                               | 200 | public                    |
  POST /api/partner/clients                    | 201 | partner-clients:write     | name scopes rateLimitPerMinute? allowedIps?
  GET /api/partner/clients                     | 200 | partner-clients:read      | limit? cursor? page? tenantId?
  POST /api/partner/clients/:id/revoke         | 200 | partner-clients:write     |
  DELETE /api/partner/clients/:id              | 204 | partner-clients:write     |
  POST /api/partner/oauth/token                | 200 | public oauth              | grant_type client_id client_secret scope?
  GET /api/roles                               | 200 | roles:read partner        | limit? cursor? page? tenantId?
  GET /api/roles/:id                           | 200 | roles:read partner        | tenantId?
  POST /api/roles                              | 201 | roles:write               | name displayName description? category? permissions?
  PATCH /api/roles/:id                         | 200 | roles:write               | displayName? description? permissions? isActive?
  DELETE /api/roles/:id                        | 204 | roles:write               |
  GET /api/roles/users/:userId                 | 200 | roles:read own partner    | limit? cursor? page? tenantId?
  POST /api/roles/users/:userId/assign         | 200 | roles:assign              | roles
  POST /api/roles/users/:userId/remove         | 200 | roles:assign              | roles
  POST /api/tenants                            | 201 | tenants:create            | name type country config?
  GET /api/tenants                             | 200 | tenants:read partner      | type? limit? cursor? page?
  GET /api/tenants/:id                         | 200 | tenants:read partner      |
  PATCH /api/tenants/:id                       | 200 | tenants:write             | name? type? country? config?
  DELETE /api/tenants/:id                      | 204 | tenants:delete            |
  GET /api/tenants/:id/user-count              | 200 | tenants:read partner      |
  GET /api/tenants/:id/settings                | 200 | tenants:read partner      |
  PATCH /api/tenants/:id/settings              | 200 | tenants:write             | locale? timezone? currency? dateFormat? maxUsers? maxInstances? features? branding?
  POST /api/tenants/:id/invites                | 201 | invites:write             | email role?
  GET /api/tenants/:id/invites                 | 200 | invites:read              | limit? cursor? page?
  DELETE /api/tenants/:id/invites/:inviteId    | 204 | invites:write             |
  GET /api/tenants/invites/validate/:token     | 200 | public                    |
  GET /api/users/me                            | 200 | signed-in user            |
  PATCH /api/users/me                          | 200 | signed-in user            | firstName? lastName?
  POST /api/users/me/change-password           | 204 | signed-in user            | currentPassword newPassword
  GET /api/users                               | 200 | users:read partner        | search? status? role? sort? limit? cursor? page? tenantId?
  GET /api/users/:id                           | 200 | users:read partner        | tenantId?
  PATCH /api/users/:id                         | 200 | users:write partner       | firstName? lastName? email? status? roles?
  POST /api/users/:id/deactivate               | 200 | users:write partner       |
  POST /api/users/:id/reactivate               | 200 | users:write partner       |`

const rows = table
  .trim()
  .split('\n')
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([route = '', status = '', who = '', fields = '']) => ({ route, status, who, fields }))

const endpoints = [...probes, ...Object.values(services).flat()]
const withRoute = (route: string) => endpoints.filter(({ method, url }) => `${method} ${url}` === route)

interface Form {
  readonly properties?: Record<string, { enum?: readonly string[] }>
  readonly required?: readonly string[]
}

/** The forms that a part of a request may take: a union has several, and what may be missing has null for one. */
function formsOf(schema: z.ZodType | undefined): readonly Form[] {
  if (!schema) return []
  const rendered = z.toJSONSchema(schema, { io: 'input' }) as Form & { anyOf?: readonly Form[] }
  return (rendered.anyOf ?? [rendered]).filter(({ properties }) => properties)
}

test('the contract holds 56 endpoints, each once', () => {
  expect(new Set(rows.map(({ route }) => route)).size).toBe(56)
  expect(rows).toHaveLength(56)
})

describe.each(rows)('$route', ({ route, status, who, fields }) => {
  const [endpoint, ...others] = withRoute(route)

  test('is declared once, documented, and answers as agreed', () => {
    expect(others).toEqual([])
    expect(endpoint?.schema.hide).toBeUndefined()
    expect(Object.keys(endpoint?.schema.response ?? {})).toContain(status)
  })

  test(`lets in: ${who}`, () => {
    const { access, own, kinds = [], partner, oauth } = endpoint?.config ?? {}
    const stated = [access, own && 'own', ...kinds, partner && 'partner', oauth && 'oauth']
    expect(stated.filter(Boolean).join(' ')).toBe(who)
  })

  test(`takes: ${fields || 'nothing'}`, () => {
    const { querystring, body } = endpoint?.schema ?? {}
    const [form] = formsOf(endpoint?.method === 'GET' ? querystring : body)
    const names = fields.split(' ').filter(Boolean)
    const known = Object.keys(form?.properties ?? {})
    const required = names.filter((name) => !name.endsWith('?'))
    expect(known).toEqual(expect.arrayContaining(names.map((name) => name.replace('?', ''))))
    expect([...(form?.required ?? [])].sort()).toEqual(required.sort())
  })
})

test.each([
  ['POST /api/audit-logs', 'actorType', ['user', 'service', 'system', 'api_key']],
  ['POST /api/users/me/consent', 'consentType', ['marketing', 'analytics', 'essential', 'third_party']],
  ['POST /api/roles', 'category', ['administration', 'support', 'partner', 'custom']],
  ['POST /api/tenants', 'type', ['customer', 'partner', 'internal']],
  ['PATCH /api/users/:id', 'status', ['pending', 'active', 'suspended']],
])('%s takes every value of %s', (route, field, values) => {
  const [form] = formsOf(withRoute(route)[0]?.schema.body)
  expect(form?.properties?.[field]?.enum).toEqual(expect.arrayContaining(values))
})

test("a partner's client may send its credentials by HTTP Basic instead of in the body", () => {
  const forms = formsOf(withRoute('POST /api/partner/oauth/token')[0]?.schema.body)
  expect(forms.map(({ required }) => required)).toEqual([
    ['grant_type', 'client_id', 'client_secret'],
    ['grant_type'],
  ])
})

test('a gateway routes each of them, but for the probes, to one service, and nothing that is hidden', () => {
  const paths = routedPaths.map(({ url }) => url)
  expect(new Set(paths).size).toBe(paths.length)
  const visible = Object.values(services)
    .flat()
    .filter(({ schema }) => !schema.hide)
  expect(new Set(paths)).toEqual(new Set(visible.map(({ url }) => url)))
  const documented = rows
    .map(({ route }) => route.split(' ')[1])
    .filter((path) => !/(health|ready)$/.test(path ?? ''))
  expect(paths).toEqual(expect.arrayContaining(documented))
  expect(paths.filter((path) => path.startsWith('/api/internal'))).toEqual([])
  // RFC 8414 says where it has to be.
  expect(paths.filter((path) => !path.startsWith('/api/'))).toEqual([
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/api/partner',
  ])
})

test('nothing else is open to callers without a credential but ways in, what is public, and the probes', () => {
  const listed = rows.filter(({ who }) => who.startsWith('public')).map(({ route }) => route)
  const open = endpoints
    .filter(({ config }) => config.access === 'public')
    .map(({ method, url }) => `${method} ${url}`)
  expect(open.sort()).toEqual(
    [
      ...listed,
      'GET /api/erasure-requests/:id',
      'POST /api/auth/verify-email',
      'POST /api/users/confirm-email',
      'POST /api/tenants/invites/validate',
      'POST /api/auth/forgot-password',
      'POST /api/auth/reset-password',
      'POST /api/auth/mfa/enrol',
      'POST /api/auth/mfa/enrol/confirm',
      'POST /api/auth/oauth/redeem',
      'GET /api/.well-known/jwks.json',
      'GET /api/audit-logs/keys',
      'GET /.well-known/oauth-authorization-server',
      'POST /api/partner/oauth/introspect',
      'POST /api/partner/oauth/revoke',
      'GET /api/partner/oauth/token',
      'GET /api/partner/.well-known/jwks.json',
      'GET /.well-known/oauth-authorization-server/api/partner',
      'GET /health',
      'GET /ready',
    ].sort(),
  )
})
