import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createSeal, keyIdOf } from '@gatehouse/keys/seal'
import { commandOf } from '@gatehouse/testing/command'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sweepSealedColumns } from '@gatehouse/testing/sealed-sweep'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import { subjectKeys } from './privacy-tables.ts'
import { createRecording } from './recording/create-recording.ts'
import { sealedColumns } from './sealed-columns.ts'
import { createSubjectKeys } from './subject-keys.ts'

const gatehouse = commandOf(join(import.meta.dirname, 'commands.ts'))
const { db, url } = await createTestDatabase('audit')
const [newest, older] = [randomBytes(32), randomBytes(32)]

sweepSealedColumns(db, sealedColumns)

/** Audit with these keys. */
function withKeys(...given: [Buffer, ...Buffer[]]) {
  const seal = createSeal(...given)
  const keys = createSubjectKeys(seal)
  const { deadLetters } = createRecording({ db, seal, keys })
  return {
    keys,
    deadLetters,
    checkpointKeys: createCheckpointKeys({ db, seal, name: 'id.example.com/audit' }),
  }
}

test('keys of people, of checkpoints and dead letters are sealed anew in batches, and open without the old key', async () => {
  const before = withKeys(older)
  // More than one transaction takes.
  const people = new Set(Array.from({ length: 130 }, () => uuidv7()))
  const opened = await inPlatform(db, (tx) => before.keys.ensure(tx, people))
  const { verifiers } = await before.checkpointKeys.load()
  const letter = { id: 'x', subject: 'identity.x', body: Buffer.from('{'), reason: 'not JSON' }
  await inPlatform(db, (tx) => before.deadLetters.layAside(tx, [letter]))

  const settings = {
    DATABASE_URL: url,
    KEY_ENCRYPTION_KEY: [newest, older].map((key) => key.toString('base64')).join(','),
  }
  const { code, json } = await gatehouse('rotate encryption-key --json', settings)
  expect({ code, ...json() }).toEqual({
    code: 0,
    keyId: keyIdOf(newest),
    sealed: 132,
    unreadable: 0,
    inUse: { [keyIdOf(newest)]: 132 },
  })

  const after = withKeys(newest)
  expect(await inPlatform(db, (tx) => after.keys.ensure(tx, people))).toEqual(opened)
  expect((await after.checkpointKeys.load()).verifiers).toEqual(verifiers)
  expect(await after.deadLetters.list(10)).toMatchObject([letter])
})

test('who was forgotten stays so', async () => {
  const [forgotten] = await readInPlatform(db, (tx) => tx.select().from(subjectKeys).limit(1))
  const id = forgotten?.subjectId ?? ''
  await inPlatform(db, (tx) => tx.update(subjectKeys).set({ sealedKey: null, forgottenAt: new Date() }))
  await gatehouse('rotate encryption-key', {
    DATABASE_URL: url,
    KEY_ENCRYPTION_KEY: [older, newest].map((key) => key.toString('base64')).join(','),
  })
  expect((await inPlatform(db, (tx) => withKeys(older).keys.ensure(tx, new Set([id])))).get(id)).toBeNull()
})
