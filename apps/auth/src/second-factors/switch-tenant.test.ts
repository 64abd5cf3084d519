import { expect, test } from 'vitest'
import { codeOf, harness, join, type Person, requireSecondFactor, wrongCode } from './harness.ts'

const { call, register, enrol, confirm, letTimePass, eventsOf } = await harness()

const switchTo = ({ tenantId }: Person, { token }: Person, mfaCode?: string) =>
  call('/auth/switch-tenant', { tenantId, ...(mfaCode !== undefined && { mfaCode }) }, token)

/** Somebody whose session is older than their second factor, and another tenant that they belong to. */
async function memberWithFactor() {
  const [person, host] = [await register(), await register()]
  await join(person, host)
  const { secret } = await enrol(person)
  await confirm(person, codeOf(secret))
  await letTimePass(person)
  return { person, host, secret }
}

test('a tenant that requires a second factor asks for a code of a session that has shown none', async () => {
  const { person, host, secret } = await memberWithFactor()
  await requireSecondFactor(host)
  expect((await switchTo(host, person)).json()).toMatchObject({ status: 401, code: 'mfa_required' })
  expect((await switchTo(host, person, wrongCode(secret))).json()).toMatchObject({
    code: 'auth.wrong_mfa_code',
  })
  const answer = await switchTo(host, person, codeOf(secret))
  expect(answer.json()).toMatchObject({ user: { tenantId: host.tenantId } })
  expect(await eventsOf(person)).toContainEqual(
    expect.objectContaining({ type: 'session.started', method: 'switch_tenant', amr: ['pwd', 'otp'] }),
  )
})

test('a tenant that requires none takes a session as it is', async () => {
  const { person, host } = await memberWithFactor()
  expect((await switchTo(host, person)).statusCode).toBe(200)
})

test('who has no second factor sets one up on the way into a tenant that requires it, and is in that tenant then', async () => {
  const [person, host] = [await register(), await register()]
  await join(person, host)
  await requireSecondFactor(host)
  const { enrolmentToken } = (await switchTo(host, person)).json()
  const { secret } = (await call('/auth/mfa/enrol', { enrolmentToken })).json()
  const answer = await call('/auth/mfa/enrol/confirm', { enrolmentToken, code: codeOf(secret) })
  expect(answer.json()).toMatchObject({ user: { tenantId: host.tenantId } })
})
