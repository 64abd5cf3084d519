import { expect, test, vi } from 'vitest'
import { connectToNotes, insertNote, tenantA } from './harness.ts'
import { inPlatform, inTenant, readInPlatform, readInTenant } from './tenant.ts'

test('who asked to be told of commits is told after each, when it can be seen', async () => {
  const { db, asSuperuser } = await connectToNotes()
  const told: Promise<unknown>[] = []
  db.onCommit(() => told.push(asSuperuser('select count(*)::int as n from notes')))
  await inTenant(db, tenantA, insertNote(tenantA))
  expect(await Promise.all(told)).toEqual([[{ n: 1 }]])
  await inPlatform(db, insertNote(tenantA))
  expect(await Promise.all(told)).toEqual([[{ n: 1 }], [{ n: 2 }]])
})

test('nobody is told of a rollback or of a read', async () => {
  const { db } = await connectToNotes()
  const listener = vi.fn()
  db.onCommit(listener)
  const fail = async () => Promise.reject(new Error('no'))
  await expect(inTenant(db, tenantA, fail)).rejects.toThrow('no')
  await expect(inPlatform(db, fail)).rejects.toThrow('no')
  await expect(inTenant(db, tenantA, insertNote(crypto.randomUUID()))).rejects.toThrow()
  await readInTenant(db, tenantA, async () => undefined)
  await readInPlatform(db, async () => undefined)
  expect(listener).not.toHaveBeenCalled()
})
