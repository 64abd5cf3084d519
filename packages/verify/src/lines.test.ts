import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

async function read(...chunks: readonly (string | Buffer)[]) {
  const lines: string[] = []
  for await (const line of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) lines.push(line)
  return lines
}

test('lines are whole, wherever the chunks and the characters in them are cut', async () => {
  const text = Buffer.from('one €\n\ntwo 😀\u2028\r\nthree')
  for (let cut = 0; cut <= text.length; cut++) {
    const lines = await read(text.subarray(0, cut), text.subarray(cut))
    expect(lines).toEqual(['one €', '', 'two 😀\u2028\r', 'three'])
  }
})

test('a line feed at the end begins no line', async () => {
  expect(await read('one\n')).toEqual(['one'])
  expect(await read()).toEqual([])
})

test('a line that never ends is not gathered for ever', async () => {
  const mebibyte = 'x'.repeat(1024 * 1024)
  await expect(read(...Array<string>(17).fill(mebibyte))).rejects.toThrow('too long')
})
