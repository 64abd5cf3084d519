import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inPlatform, inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { keysInUse } from '@gatehouse/keys/keys-in-use'
import { createSeal, keyIdOf } from '@gatehouse/keys/seal'
import { sealAnew } from '@gatehouse/keys/seal-anew'
import { unsealKey } from '@gatehouse/keys/sealed-key'
import { signingKeys } from '@gatehouse/keys/signing-keys'
import { turnKeys } from '@gatehouse/keys/turn-keys'
import { createMailQueue, mails } from '@gatehouse/mail/mails'
import { unseal } from '@gatehouse/mail/seal'
import { commandOf } from '@gatehouse/testing/command'
import { sweepSealedColumns } from '@gatehouse/testing/sealed-sweep'
import { serverOptions } from '@gatehouse/testing/server-options'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { keyEncryptionKey as older } from './harness.ts'
import { sealedColumns } from './sealed-columns.ts'
import { codeOf, harness, type Person } from './second-factors/harness.ts'

const gatehouse = commandOf(join(import.meta.dirname, 'commands.ts'))
const auth = await harness()
const { db, seal } = auth
const newest = randomBytes(32)
const settings = {
  DATABASE_URL: auth.databaseUrl,
  KEY_ENCRYPTION_KEY: [newest, older].map((key) => key.toString('base64')).join(','),
}

/** Auth on the same database, with the newest key alone. */
async function successor() {
  const own = createSeal(newest)
  const app = buildApp(serverOptions('auth', auth.testIssuer), { ...auth, seal: own })
  await app.ready()
  const logIn = async ({ email, password }: Person, mfaCode: string) =>
    (await app.inject({ method: 'POST', url: '/api/auth/login', payload: { email, password, mfaCode } }))
      .statusCode
  return { own, logIn }
}

async function sealAllAnew() {
  for (const column of sealedColumns) await sealAnew(db, createSeal(newest, older), column)
}

sweepSealedColumns(db, sealedColumns)

test('a key-encryption key is replaced under the running service: everything is sealed anew, and opens without the old key', async () => {
  const people = [await auth.enrolled()]
  const tenantId = uuidv7()
  const mail = {
    tenantId,
    subjectId: uuidv7(),
    to: 'ada@people.example',
    subject: 'Hello',
    text: 'x',
    html: 'x',
  }
  await inTenant(db, tenantId, (tx) => createMailQueue(seal)(tx, mail))
  const key = await turnKeys({ db, seal, periodSeconds: 3600, onCreated: async () => {} })

  // The service seals with the old key while this goes on: what it adds is found by the next run.
  const adding = auth.enrolled()
  await sealAllAnew()
  people.push(await adding)
  await sealAllAnew()
  expect([...(await keysInUse(db, sealedColumns)).keys()]).toEqual([keyIdOf(newest)])

  const { own, logIn } = await successor()
  for (const person of people) {
    await auth.letTimePass(person)
    expect(await logIn(person, codeOf(person.secret))).toBe(200)
    expect(await logIn(person, person.recoveryCodes[0] ?? '')).toBe(200)
  }
  const [stored] = await readInPlatform(db, (tx) =>
    tx.select().from(signingKeys).where(sql`kid = ${key.kid}`),
  )
  expect(await unsealKey(own, stored ?? key)).toHaveProperty('d')
  const [waiting] = await readInPlatform(db, (tx) =>
    tx.select().from(mails).where(sql`tenant_id = ${tenantId}`),
  )
  expect(await unseal(own, waiting?.id ?? '', waiting?.sealed ?? '')).toMatchObject({
    content: { subject: 'Hello' },
  })
})

test('recovery codes from before they had a key go on, and get one that outlives the key-encryption key', async () => {
  const person = await auth.enrolled()
  const about = `recovery codes of ${person.id}`
  const digest = createHmac('sha256', createSeal(older).digestKeys(about)[0]).update('ABCDE23456').digest()
  await inPlatform(db, (tx) =>
    tx.execute(sql`insert into recovery_codes (digest, user_id) values (${digest}, ${person.id})`),
  )
  await sealAllAnew()
  const { logIn } = await successor()
  expect(await logIn(person, 'ABCDE-23456')).toBe(200)
})

test('what none of the keys opens is told of and stays as it is', async () => {
  const lost = createSeal(randomBytes(32))
  const sealed = await lost.seal('signing key lost', '{}')
  await inPlatform(db, (tx) =>
    tx.insert(signingKeys).values({ kid: 'lost', publicJwk: {}, sealedPrivateJwk: sealed }),
  )
  const { code, json } = await gatehouse('rotate encryption-key --json', settings)
  expect({ code, ...json() }).toMatchObject({ code: 3, unreadable: 1, inUse: { [lost.keyIds[0]]: 1 } })
  const [row] = await readInPlatform(db, (tx) => tx.select().from(signingKeys).where(sql`kid = 'lost'`))
  expect(row?.sealedPrivateJwk).toBe(sealed)
})
