import { expect, test } from 'vitest'
import * as z from 'zod'
import { PageQuery, pageOf } from './lists.ts'

test('a list answers 50 unless asked otherwise', () => {
  expect(PageQuery.parse({})).toEqual({ limit: 50 })
  expect(PageQuery.parse({ limit: '100', page: '2' })).toEqual({ limit: 100, page: 2 })
  expect(PageQuery.parse({ cursor: 'aZ09_-' })).toEqual({ limit: 50, cursor: 'aZ09_-' })
})

test.each([
  { limit: '0' },
  { limit: '101' },
  { limit: '-1' },
  { limit: '1.5' },
  { limit: 'ten' },
  { limit: '' },
  { limit: ['1', '2'] },
  { page: '0' },
  { page: '1001' },
  { cursor: '' },
  { cursor: "x' or 1=1" },
  { cursor: 'a'.repeat(513) },
  { cursor: ['a', 'b'] },
  { cursor: 'a', page: '1' },
  { lmit: '1' },
  { offset: '5' },
])('a list refuses the query %j', (query) => {
  expect(PageQuery.safeParse(query).success).toBe(false)
})

test('a list with filters refuses cursor and page together all the same', () => {
  const query = PageQuery.safeExtend({ status: z.string().optional() })
  expect(query.parse({ status: 'active' })).toEqual({ limit: 50, status: 'active' })
  expect(query.safeParse({ cursor: 'a', page: '1' }).success).toBe(false)
  expect(query.safeParse({ sttaus: 'active' }).success).toBe(false)
})

test('a page tells where to go on, and the total only where it is known', () => {
  const page = pageOf(z.string())
  expect(page.safeParse({ data: ['a'], nextCursor: 'b' }).success).toBe(true)
  expect(page.safeParse({ data: [], nextCursor: null, total: 0 }).success).toBe(true)
  expect(page.safeParse({ data: [] }).success).toBe(false)
})
