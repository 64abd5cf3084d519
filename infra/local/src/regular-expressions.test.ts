import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import { checkSync } from 'recheck'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** What reads only what the operator has set, or runs in tests alone. */
const ofOurs = /\.test\.ts$|harness|^packages\/(testing|config)\/|\/settings\.ts$/

/** Every regular expression that a request could be put to. */
function* expressions() {
  for (const file of globSync('{apps,packages}/*/src/**/*.ts', { cwd: root })) {
    if (ofOurs.test(file)) continue
    const found: { pattern: string; flags: string }[] = []
    const { program } = parseSync(file, readFileSync(join(root, file), 'utf8'))
    new Visitor({ Literal: (node) => 'regex' in node && found.push(node.regex) }).visit(program)
    for (const { pattern, flags } of found) yield { file, pattern, flags }
  }
}

test('X5: no regular expression takes more than linear time, whatever it is put to', () => {
  const all = new Map([...expressions()].map((each) => [`/${each.pattern}/${each.flags}`, each]))
  expect(all.size).toBeGreaterThan(50)
  const check = ({ pattern, flags }: { pattern: string; flags: string }) =>
    checkSync(pattern, flags, { timeout: null }).status
  const slow = [...all.values()].filter((each) => check(each) !== 'safe')
  expect(slow).toEqual([])
}, 120_000)
