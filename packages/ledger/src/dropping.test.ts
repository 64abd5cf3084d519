import { expect, test } from 'vitest'
import { parseDropping } from './dropping.ts'

test('what says that entries were dropped is read, and nothing else', () => {
  const dropping = { entries: 3, retainedFrom: 4, days: 100 }
  expect(parseDropping({ ...dropping, more: true })).toEqual(dropping)
  for (const other of [null, 7, {}, { entries: 3, days: 100 }, { ...dropping, entries: '3' }])
    expect(parseDropping(other)).toBeUndefined()
})
