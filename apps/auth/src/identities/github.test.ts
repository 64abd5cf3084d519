import { expect, test } from 'vitest'
import { newEmail, socialHarness, type TokensAnswer } from './harness.ts'

const { github, openBrowser, identitiesOf, allSessions } = await socialHarness()

const account = { id: 583231, login: 'octocat', name: 'Mona Lisa Octocat' }
const email = (given: object = {}) => ({ email: newEmail(), primary: true, verified: true, ...given })

test('who signs in by GitHub is known by their number, and by the address that is theirs in the first place', async () => {
  const [primary, other] = [email(), email({ primary: false })]
  github.is({ user: { ...account, email: 'public@people.example' }, emails: [other, primary] })
  const answer = await openBrowser().signInBy('github')
  expect(answer.status).toBe(200)
  const { user } = (await answer.json()) as TokensAnswer
  expect(user).toMatchObject({
    email: primary.email,
    emailVerified: true,
    firstName: 'Mona',
    lastName: 'Lisa Octocat',
  })
  expect(await identitiesOf(user.id)).toMatchObject([{ issuer: github.url, subject: '583231' }])
})

test('who renames themselves at GitHub stays who they are, and who takes the old name is somebody else', async () => {
  const ada = { ...account, id: 1001, login: 'ada' }
  github.is({ user: ada, emails: [email()] })
  const first = (await (await openBrowser().signInBy('github')).json()) as TokensAnswer
  github.is({ user: { ...ada, login: 'countess' }, emails: [email()] })
  const renamed = (await (await openBrowser().signInBy('github')).json()) as TokensAnswer
  github.is({ user: { ...ada, id: 1002 }, emails: [email()] })
  const taker = (await (await openBrowser().signInBy('github')).json()) as TokensAnswer
  expect(renamed.user.id).toBe(first.user.id)
  expect(taker.user.id).not.toBe(first.user.id)
})

test.each([
  ['is not verified', [email({ verified: false })]],
  ['is not the first one', [email({ primary: false })]],
  ['is not verified, though another one is', [email({ verified: false }), email({ primary: false })]],
  ['is not there', []],
])('a new person whose address at GitHub %s is refused', async (_, emails) => {
  github.is({ user: { ...account, id: 2002 }, emails })
  const answer = await openBrowser().signInBy('github')
  expect(answer.status).toBe(403)
  expect(await answer.json()).toMatchObject({ code: 'social_login.email_not_verified' })
})

test.each([
  ['a name in place of the number', { id: 'octocat' }],
  ['no number', { id: undefined }],
  ['a number that is none', { id: -1 }],
])('an account with %s is refused', async (_, user) => {
  const before = await allSessions()
  github.is({ user: { ...account, ...user }, emails: [email()] })
  expect((await openBrowser().signInBy('github')).status).toBe(502)
  expect(await allSessions()).toEqual(before)
})

test('a code that GitHub does not know, or has given to another browser, is refused', async () => {
  github.is({ user: account, emails: [email()] })
  const [browser, other] = [openBrowser(), openBrowser()]
  const stolen = new URL(await other.comeBackFrom('github')).searchParams.get('code') ?? ''
  for (const code of [stolen, 'unknown']) {
    const callback = new URL(await browser.comeBackFrom('github'))
    callback.searchParams.set('code', code)
    const answer = await browser.get(callback.href)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'social_login.invalid' })
  }
})

test('somebody without a name is called by what they sign in with', async () => {
  github.is({ user: { id: 3003, login: 'countess', name: null }, emails: [email()] })
  const { user } = (await (await openBrowser().signInBy('github')).json()) as TokensAnswer
  expect(user).toMatchObject({ firstName: 'countess', lastName: '–' })
})
