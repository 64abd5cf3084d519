import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { images } from './images.ts'

const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8')

test('every image is a target of the Dockerfile that holds its own content, on the one base', () => {
  const targets = [...dockerfile.matchAll(/^FROM base AS (\S+)\nCOPY --from=build \/images\/(\S+) \/app$/gm)]
  expect(targets.map(([, target, content]) => ({ target, content }))).toEqual(
    images.map(({ name }) => ({ target: name, content: name })),
  )
})

test('what is not ours is pinned by digest, and Node.js is the one of the project', () => {
  const bases = [...dockerfile.matchAll(/^FROM (?!base )(\S+)/gm)].map(([, base]) => base)
  expect(bases).toHaveLength(2)
  for (const base of bases) expect(base).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/)
  expect(bases[0]).toContain(`node:${process.versions.node}-`)
})

test('an image runs as nobody', () => {
  expect(dockerfile.match(/^USER .*/gm)).toEqual(['USER 65532:65532'])
})
