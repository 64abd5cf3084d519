import { inPlatform, inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { createTestDatabase } from '@gatehouse/testing/database'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { issueOneTimeToken, type Purpose, redeemOneTimeToken, tryOneTimeToken } from './one-time-tokens.ts'
import { oneTimeTokenPurpose, oneTimeTokens } from './tables.ts'

const { db } = await createTestDatabase('auth')
const purposes = oneTimeTokenPurpose.enumValues

const somebody = () => ({ userId: uuidv7(), tenantId: uuidv7(), email: `${uuidv7()}@people.example` })
const issue = (purpose: Purpose, bearer = somebody()) =>
  inTenant(db, bearer.tenantId, (tx) => issueOneTimeToken(tx, purpose, bearer))
const redeem = (purpose: Purpose, token: string) =>
  inPlatform(db, (tx) => redeemOneTimeToken(tx, purpose, token))

test('a token has 256 random bits, of which the database has a digest alone', async () => {
  const bearer = somebody()
  const token = await issue('reset_password', bearer)
  expect(token).toMatch(/^gate_ott_[\w-]{43}$/)
  const rows = await readInPlatform(db, (tx) =>
    tx.select().from(oneTimeTokens).where(eq(oneTimeTokens.userId, bearer.userId)),
  )
  expect(rows).toMatchObject([{ ...bearer, purpose: 'reset_password', usedAt: null }])
  expect(rows[0]?.digest).toHaveLength(32)
  expect(JSON.stringify(rows)).not.toContain(token.slice('gate_ott_'.length))
})

test.each(purposes)('of twenty who use a token for %s at once, one gets its bearer', async (purpose) => {
  const bearer = somebody()
  const token = await issue(purpose, bearer)
  const redeemed = await Promise.all(Array.from({ length: 20 }, () => redeem(purpose, token)))
  expect(redeemed.filter((each) => each !== undefined)).toMatchObject([bearer])
})

test.each(purposes)('a token for %s is good for nothing else', async (purpose) => {
  const token = await issue(purpose)
  for (const other of purposes.filter((each) => each !== purpose))
    expect(await redeem(other, token)).toBeUndefined()
  expect(await redeem(purpose, token)).toBeDefined()
})

test.each([
  ['verify_email', 86_400],
  ['reset_password', 3600],
  ['mfa_enrolment', 300],
  ['login_code', 60],
] as const)('a token for %s is good for %i seconds', async (purpose, seconds) => {
  const bearer = somebody()
  const token = await issue(purpose, bearer)
  const [row] = await readInPlatform(db, (tx) =>
    tx.select().from(oneTimeTokens).where(eq(oneTimeTokens.userId, bearer.userId)),
  )
  expect(Number(row?.expiresAt) - Number(row?.createdAt)).toBe(seconds * 1000)
  await inPlatform(db, (tx) =>
    tx.update(oneTimeTokens).set({ expiresAt: sql`now()` }).where(eq(oneTimeTokens.userId, bearer.userId)),
  )
  expect(await redeem(purpose, token)).toBeUndefined()
})

test('a new link to prove an address voids the one before; one to set a password does not', async () => {
  const bearer = somebody()
  const [first] = [await issue('verify_email', bearer), await issue('verify_email', bearer)]
  expect(await redeem('verify_email', first)).toBeUndefined()
  const [earlier] = [await issue('reset_password', bearer), await issue('reset_password', bearer)]
  expect(await redeem('reset_password', earlier)).toBeDefined()
})

test('of twenty attempts with a token at once, as many as are allowed are had', async () => {
  const token = await issue('mfa_enrolment')
  const attempts = await Promise.all(
    Array.from({ length: 20 }, () => inPlatform(db, (tx) => tryOneTimeToken(tx, 'mfa_enrolment', token, 5))),
  )
  expect(attempts.filter((each) => each !== undefined)).toHaveLength(5)
})

test('no other tenant can use a token', async () => {
  const token = await issue('reset_password')
  expect(
    await inTenant(db, uuidv7(), (tx) => redeemOneTimeToken(tx, 'reset_password', token)),
  ).toBeUndefined()
})
