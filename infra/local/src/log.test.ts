import { expect, test } from 'vitest'
import { readableLog } from './log.ts'

const written = (...lines: [source: string, line: string][]) => {
  const texts: string[] = []
  const log = readableLog((text) => texts.push(text))
  for (const [source, line] of lines) log(source, line)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours that a terminal would get
  return texts.map((text) => text.replaceAll(/\u001b\[\d+m/g, ''))
}

const record = (fields: object) =>
  JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', service: 'auth', ...fields })

test('a record is one line behind the name of its service, with level and message first', () => {
  const [line] = written(['auth', record({ message: 'signed in', userId: 'u1', requestId: 'r1' })])
  expect(line).toMatch(/^auth {12}│ \d\d:\d\d:\d\d info {2}signed in userId=u1\n$/)
})

test('an answered request says what was asked and how it was answered', () => {
  const request = { message: 'request', method: 'GET', route: '/api/users/:id', status: 404, ms: 3.4 }
  expect(written(['directory', record(request)])[0]).toContain('info  request GET /api/users/:id 404 3 ms\n')
})

test('the stack of an error stays behind the name of its service', () => {
  const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at somewhere' }
  const [text] = written(['auth', record({ level: 'error', message: 'failed', err })])
  expect(text).toContain('at somewhere')
  for (const line of (text ?? '').trimEnd().split('\n')) expect(line).toMatch(/^auth {12}│ /)
})

test('a warning says all its reasons in its one line', () => {
  const err = { message: 'fetch failed', stack: 'Error\n    at x', cause: { message: 'connection refused' } }
  const [text] = written(['audit', record({ level: 'warn', message: 'no keys', err })])
  expect(text).toMatch(/warn {2}no keys ← fetch failed ← connection refused\n$/)
})

test('what came from outside can neither begin a line nor colour one', () => {
  const [text] = written(['auth', record({ message: 'a\nb', email: '\u001b[8mx\r\u009b' })])
  expect(text).toContain('a\\nb email=\\u001b[8mx\\u000d\\u009b')
  expect(text?.trimEnd()).not.toMatch(/\p{Cc}/u)
})

test('what is no record is written as it is', () => {
  expect(written(['nats', '[WRN] slow'])).toEqual(['nats            │ [WRN] slow\n'])
  expect(written(['auth', '{ "half a record'])[0]).toContain('{ "half a record')
})

test('being asked for its health is not worth a line', () => {
  expect(
    written(['auth', record({ message: 'request', method: 'GET', route: '/ready', status: 503 })]),
  ).toEqual([])
})
