import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inBatches } from './batches.ts'

/** Doubles numbers, and notes in which batches; each batch waits until it is let go. */
function doubling({ max = 3, atOnce = 1 } = {}) {
  const batches: number[][] = []
  const gates: (() => void)[] = []
  const ask = inBatches<number, number>(
    async (numbers) => {
      batches.push([...numbers])
      await new Promise<void>((open) => gates.push(open))
      if (numbers.includes(0)) throw new Error('zero')
      if (numbers.includes(-1)) throw Object.assign(new Error('down'), { status: 503 })
      return numbers.map((n) => n * 2)
    },
    { max, atOnce },
  )
  const letGo = async () => {
    await turn()
    gates.shift()?.()
    await turn()
  }
  return { batches, ask, letGo }
}

test('what is asked at the same time is answered together, each with its own answer', async () => {
  const { batches, ask, letGo } = doubling()
  const answers = Promise.all([1, 2, 3].map(ask))
  await letGo()
  expect(await answers).toEqual([2, 4, 6])
  expect(batches).toEqual([[1, 2, 3]])
})

test('what is asked meanwhile waits for the next batch, and no batch is larger than it may be', async () => {
  const { batches, ask, letGo } = doubling()
  const first = ask(1)
  await turn()
  const others = Promise.all([2, 3, 4, 5].map(ask))
  for (let n = 0; n < 3; n++) await letGo()
  expect([await first, ...(await others)]).toEqual([2, 4, 6, 8, 10])
  expect(batches).toEqual([[1], [2, 3, 4], [5]])
})

test('as many batches as may be are under way at once', async () => {
  const { batches, ask, letGo } = doubling({ max: 1, atOnce: 2 })
  const answers = Promise.all([1, 2, 3].map(ask))
  await turn()
  expect(batches).toEqual([[1], [2]])
  for (let n = 0; n < 3; n++) await letGo()
  expect(await answers).toEqual([2, 4, 6])
})

test('one that fails does not make the others fail', async () => {
  const { batches, ask, letGo } = doubling()
  const answers = Promise.allSettled([1, 0, 3].map(ask))
  for (let n = 0; n < 4; n++) await letGo()
  expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(batches).toEqual([[1, 0, 3], [1], [0], [3]])
})

test('what all of them need and is not there is asked for once, not for each', async () => {
  const { batches, ask, letGo } = doubling()
  const answers = Promise.allSettled([1, -1, 3].map(ask))
  await letGo()
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(batches).toEqual([[1, -1, 3]])
})
