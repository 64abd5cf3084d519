import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { events, serviceNames } from '@gatehouse/contracts/events'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const sources = globSync('{apps,packages}/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/^packages\/contracts|\.test\.ts$|harness\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))

const readme = readFileSync(join(root, 'packages/contracts/README.md'), 'utf8')
const table = readme.split('\n').filter((line) => line.startsWith('|'))
const named = table.flatMap((line) => [...line.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name]) => name))

test('the events that the table of security events names are declared', () => {
  expect(named.length).toBeGreaterThan(20)
  for (const name of named) expect(Object.keys(events)).toContain(name)
})

test.each(Object.keys(events))('somewhere there is code that tells of %s', (name) => {
  expect(sources.some((text) => text.includes(`'${name}'`))).toBe(true)
})

test.each(serviceNames)('%s hears of every request that it refuses', (service) => {
  const main = readFileSync(join(root, 'apps', service, 'src/main.ts'), 'utf8')
  expect(main).toMatch(/onDenied:/)
})
