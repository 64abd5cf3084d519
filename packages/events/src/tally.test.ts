import { expect, test } from 'vitest'
import { type Count, createTally } from './tally.ts'

function setUp(capacity = 3) {
  let now = 0
  const told: [string, number][][] = []
  const tally = createTally<string>({ windowMs: 10, capacity, beyond: () => 'others', uptime: () => now })
  const note = async (counts: readonly Count<string>[]) =>
    void told.push(counts.map(({ item, count }) => [item, count]))
  const add = (kind: string, times = 1) => {
    for (let n = 0; n < times; n++) tally.add(kind, `${kind}!`)
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { tally, told, add, tell: () => tally.tell(note), pass, note }
}

test('the first of a kind is told at once, and then in each window as many as came', async () => {
  const { told, add, tell, pass } = setUp()
  add('a')
  await tell()
  add('a', 5)
  await tell()
  pass(9)
  await tell()
  expect(told).toEqual([[['a!', 1]]])
  pass(1)
  await tell()
  expect(told).toEqual([[['a!', 1]], [['a!', 5]]])
  pass(10)
  await tell()
  expect(told).toHaveLength(2)
})

test('a kind that has come to rest is told at once when it comes again', async () => {
  const { told, add, tell, pass } = setUp()
  add('a')
  await tell()
  pass(10)
  await tell()
  add('a')
  await tell()
  expect(told).toEqual([[['a!', 1]], [['a!', 1]]])
})

test('however many kinds there are, no more are held than there is room for, and the rest is counted together', async () => {
  const { told, add, tell, pass } = setUp(3)
  for (let kind = 0; kind < 1000; kind++) add(`kind ${kind}`)
  await tell()
  expect(told).toEqual([
    [
      ['kind 0!', 1],
      ['kind 1!', 1],
      ['kind 2!', 1],
      ['others', 997],
    ],
  ])
  pass(10)
  await tell()
  add('later')
  await tell()
  expect(told[1]).toEqual([['later!', 1]])
})

test('what cannot be told stays to be told, with what has come meanwhile', async () => {
  const { tally, told, add, tell, note } = setUp()
  add('a', 2)
  await expect(tally.tell(async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  add('a')
  await tell()
  expect(told).toEqual([[['a!', 3]]])
  add('a')
  await tally.tell(note, true)
  expect(told[1]).toEqual([['a!', 1]])
})

test('what comes while it is being told is counted for the next time', async () => {
  const { tally, told, add, tell, pass } = setUp()
  add('a')
  await tally.tell(async () => add('a', 4))
  pass(10)
  await tell()
  expect(told).toEqual([[['a!', 4]]])
})
