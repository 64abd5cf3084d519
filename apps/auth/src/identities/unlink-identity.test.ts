import { expect, test } from 'vitest'
import { newcomer, type Person, socialHarness, type TokensAnswer } from './harness.ts'

const { google, openBrowser, register, identitiesOf, eventsOf } = await socialHarness()

const path = '/api/users/me/identities'

/** Somebody with a password and a Google account. */
async function linked() {
  const person = await register()
  google.says(newcomer())
  const { browser, password, token } = person
  const { url } = (await (await browser.post(`${path}/google`, { password }, token)).json()) as {
    url: string
  }
  await browser.get(await browser.follow(url))
  return person
}

const unlink = ({ browser, token, password }: Person, provider = 'google', body: object = {}) =>
  browser.post(`${path}/${provider}/unlink`, { password, ...body }, token)

test('an account that was unlinked signs nobody in any more', async () => {
  const person = await linked()
  expect((await unlink(person)).status).toBe(204)
  expect(await identitiesOf(person.id)).toEqual([])
  expect(await eventsOf(person.id)).toContain('identity.unlinked')
  const { user } = (await (await openBrowser().signInBy('google')).json()) as TokensAnswer
  expect(user.id).not.toBe(person.id)
})

test('without the password, or with a wrong one, everything stays linked', async () => {
  const person = await linked()
  expect((await unlink(person, 'google', { password: 'wrong' })).status).toBe(403)
  expect((await unlink(person, 'google', { password: undefined })).status).toBe(400)
  expect((await openBrowser().post(`${path}/google/unlink`, { password: person.password })).status).toBe(401)
  expect(await identitiesOf(person.id)).toHaveLength(1)
})

test('nobody loses their last way in: who has no password keeps the account that they sign in by', async () => {
  google.says(newcomer())
  const browser = openBrowser()
  const { accessToken, user } = (await (await browser.signInBy('google')).json()) as TokensAnswer
  const answer = await browser.post(`${path}/google/unlink`, { password: 'any' }, accessToken)
  expect(answer.status).toBe(409)
  expect(await answer.json()).toMatchObject({ code: 'identity.password_needed' })
  expect(await identitiesOf(user.id)).toHaveLength(1)
})

test.each(['github', 'microsoft'])('what is not linked (%s) is not there', async (provider) => {
  const answer = await unlink(await linked(), provider)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ code: 'identity.not_found' })
})

test('people see their own accounts, and nothing by which a provider knows them', async () => {
  const [person, other] = [await linked(), await register()]
  const list = async ({ browser, token }: Person) =>
    (await (await browser.get(path, token)).json()) as { data: readonly object[] }
  const [identity] = await identitiesOf(person.id)
  expect(await list(person)).toEqual({
    data: [
      {
        provider: 'google',
        email: identity?.email,
        linkedAt: identity?.createdAt.toISOString(),
        lastUsedAt: null,
      },
    ],
  })
  expect(await list(other)).toEqual({ data: [] })
})
