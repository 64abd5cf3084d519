import { expect, test } from 'vitest'
import { rememberRecent } from './recent.ts'

function setUp(capacity = 3) {
  const clock = { now: 0 }
  return { clock, recent: rememberRecent<number>({ lifeMs: 1000, capacity }, () => clock.now) }
}

test('what was learnt is known for its life and not a moment longer', () => {
  const { clock, recent } = setUp()
  recent.set('a', 1)
  clock.now = 999
  expect(recent.get('a')).toBe(1)
  clock.now = 1000
  expect(recent.get('a')).toBeUndefined()
})

test('however much there is, only so much is kept, the newest', () => {
  const { recent } = setUp()
  for (let n = 0; n < 1000; n++) recent.set(`${n}`, n)
  expect([996, 997, 998, 999].map((n) => recent.get(`${n}`))).toEqual([undefined, 997, 998, 999])
})

test('what is learnt again lives on from then', () => {
  const { clock, recent } = setUp()
  recent.set('a', 1)
  clock.now = 600
  recent.set('a', 2)
  recent.set('b', 3)
  clock.now = 1200
  expect([recent.get('a'), recent.get('b')]).toEqual([2, 3])
  recent.delete('a')
  expect(recent.get('a')).toBeUndefined()
})
