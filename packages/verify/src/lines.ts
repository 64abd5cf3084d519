import type { Readable } from 'node:stream'

const maxLength = 16 * 1024 * 1024

/**
 * The lines of a text, without their line feeds. Only a line feed ends a line: readline of Node.js would end one at U+2028
 * as well, which JSON may have within its text.
 * @throws {Error} for a line of more than 16 Mi characters
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLength) throw new Error('a line is too long')
    for (const line of lines) yield line
  }
  if (rest !== '') yield rest
}
