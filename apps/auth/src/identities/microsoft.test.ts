import { expect, test } from 'vitest'
import { newcomer, socialHarness, type TokensAnswer } from './harness.ts'

const auth = await socialHarness()
const { microsoft, identitiesOf } = auth
const ours = '11111111-2222-4333-8444-555555555555'
const theirs = '99999999-8888-4777-a666-555555555555'
const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** What Microsoft says of somebody in a tenant; the address is the tenant's own. */
const member = (tid: string, base = microsoft.url) => ({
  ...newcomer(),
  oid: crypto.randomUUID(),
  tid,
  iss: `${base}/${tid}/v2.0`,
  xms_edov: true,
})

async function signIn(claims: object, at = auth) {
  at.microsoft.says({ ...claims })
  const answer = await at.openBrowser().signInBy('microsoft')
  const body = (await answer.json()) as TokensAnswer & { code?: string }
  return { status: answer.status, code: body.code, user: body.user }
}

test('who signs in by Microsoft is known by their tenant and the number of their account there', async () => {
  const person = member(ours)
  const { status, user } = await signIn(person)
  expect(status).toBe(200)
  expect(await identitiesOf(user.id)).toMatchObject([{ issuer: person.iss, subject: person.oid }])
  const again = await signIn({ ...person, sub: 'of another application', email: 'other@people.example' })
  expect(again.user.id).toBe(user.id)
})

test('the same number in another tenant is somebody else', async () => {
  const person = member(ours)
  const { user } = await signIn(person)
  const other = await signIn({ ...member(theirs), oid: person.oid })
  expect(other.user.id).not.toBe(user.id)
})

test.each([
  ['whose tenant is not its issuer', { tid: theirs }],
  ['without a tenant', { tid: undefined }],
  ['whose tenant is a path', { tid: '..', iss: `${microsoft.url}/../v2.0` }],
  ['of the issuer of all tenants', { iss: `${microsoft.url}/common/v2.0` }],
  [
    'of the issuer as it is written in the metadata',
    { tid: '{tenantid}', iss: `${microsoft.url}/{tenantid}/v2.0` },
  ],
  ['of another version', { iss: `${microsoft.url}/${ours}/v1.0` }],
  ['without the number of the account', { oid: undefined }],
  ['with a name in place of the number', { oid: 'ada' }],
])('an ID token %s opens nothing', async (_, claims) => {
  expect(await signIn({ ...member(ours), ...claims })).toMatchObject({
    status: 502,
    code: 'identity_provider.refused',
  })
})

test('a key that is for the tokens of one tenant vouches for nobody of another', async () => {
  const only = await socialHarness({ beside: auth })
  const { keys, faults, url } = only.microsoft
  const limitedTo = (tenant: string) =>
    faults.set('/jwks', (_, response) => {
      const limited = keys.toJSON().map((key) => ({ ...key, issuer: `${url}/${tenant}/v2.0` }))
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: limited }))
    })
  limitedTo(personal)
  expect((await signIn(member(ours, url), only)).status).toBe(502)
  expect((await signIn(member(personal, url), only)).status).toBe(200)
})

test.each([undefined, false, 0, 'false', null])(
  'an address is only what an administrator somewhere has typed in, unless the domain is known to be theirs (%j)',
  async (xms_edov) => {
    const person = await auth.register()
    const answer = await signIn({ ...member(theirs), email: person.email, email_verified: true, xms_edov })
    expect(answer).toMatchObject({ status: 403, code: 'social_login.email_not_verified' })
    expect(await identitiesOf(person.id)).toEqual([])
  },
)

test.each([
  ['one tenant', ours, [ours], [theirs, personal]],
  ['organizations', 'organizations', [ours, theirs], [personal]],
  ['personal accounts', 'consumers', [personal], [ours]],
])('where people come from %s alone, nobody comes from anywhere else', async (_, audience, good, bad) => {
  const issuerPath = `/${audience}/v2.0`
  const only = await socialHarness({ beside: auth, microsoftPath: issuerPath })
  const discovered =
    audience === 'organizations' ? '{tenantid}' : audience === 'consumers' ? personal : audience
  only.microsoft.declares({ issuer: `${only.microsoft.url}/${discovered}/v2.0` })
  for (const tid of good)
    expect(await signIn(member(tid, only.microsoft.url), only)).toMatchObject({ status: 200 })
  for (const tid of bad)
    expect(await signIn(member(tid, only.microsoft.url), only)).toMatchObject({ status: 502 })
})
