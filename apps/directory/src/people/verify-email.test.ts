import { expect, test } from 'vitest'
import { harness } from '../harness.ts'

const { app, asAuth, enter, emitted } = await harness()

const post = (path: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/internal/principals/${path}`, headers: asAuth, payload })

const resolve = async (userId: string) =>
  (await post('resolve', { principals: [{ userId }] })).json().principals[0]

test('an address that was proven twenty times at once is noted once, with one event', async () => {
  const { person } = await enter()
  const { userId, tenantId, email } = person
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('verify-email', { userId, email })))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([204]))
  expect(await resolve(userId)).toMatchObject({ user: { emailVerified: true } })
  const events = (await emitted()).filter((event) => event.tenantId === tenantId)
  expect(events.filter(({ subject }) => subject.endsWith('user.email_verified'))).toHaveLength(1)
})

test("an address that is not the person's, or not any more, proves nothing", async () => {
  const { person } = await enter()
  const { userId } = person
  const answer = await post('verify-email', { userId, email: 'other@people.example' })
  expect(answer.statusCode).toBe(404)
  expect(await resolve(userId)).toMatchObject({ user: { emailVerified: false } })
})

test('what a tenant is and has set comes with every answer, defaults filled in', async () => {
  const { person } = await enter({ companyName: 'Analytical Engines' })
  const branding = { logoUrl: null, faviconUrl: null, primaryColor: null, secondaryColor: null }
  expect((await resolve(person.userId)).tenant).toEqual({
    name: 'Analytical Engines',
    status: 'active',
    locale: 'en',
    mfaRequired: false,
    branding,
  })
})
