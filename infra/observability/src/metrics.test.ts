import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceNames } from '@gatehouse/contracts/events'
import { type Platform, startPlatform } from '@gatehouse/local/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readGroups } from './alerts.ts'
import { readExpressions, readPromql, textOf } from './harness.ts'

let folder: string
let platform: Platform
/** The labels of each metric that a running service shows. */
const shown = new Map<string, Set<string>>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-metrics-'))
  platform = await startPlatform({ folder, durable: false, env: { BCRYPT_COST: '10' } })
  // So that something is refused, and counted.
  const guess = { email: 'nobody@people.example', password: 'not the password at all' }
  for (let n = 0; n < 11; n++) await post('/api/auth/login', guess)
  for (const name of serviceNames) read(await (await fetch(`${platform.services[name].url}/metrics`)).text())
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

const post = (path: string, body: unknown) =>
  fetch(`${platform.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

function read(text: string) {
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = shown.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    shown.set(name, known)
  }
}

test('every metric and every label that a rule, a dashboard or a runbook names is shown by a running service', async () => {
  const recorded = (await readGroups()).flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []))
  for (const expression of await readExpressions()) {
    const { metrics, labels } = readPromql(expression)
    const real = [...metrics].filter((metric) => !recorded.includes(metric))
    for (const metric of real) expect([...shown.keys()], expression.where).toContain(metric)
    // Prometheus itself says from which process it has a metric.
    const known = new Set([
      'service',
      'instance',
      ...real.flatMap((metric) => [...(shown.get(metric) ?? [])]),
    ])
    for (const label of labels) expect([...known], expression.where).toContain(label)
  }
})

test('every metric that a service shows is explained in the README, and no other', async () => {
  const readme = await textOf('README.md')
  const explained = [...readme.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
  const names = [...shown.keys()].filter((name) => !/_(bucket|sum|count)$/.test(name))
  expect(explained.sort()).toEqual([...names, 'http_request_duration_seconds'].sort())
})

test('names and labels are such as Prometheus asks for, and no label has values that anybody can make up', () => {
  for (const [name, labels] of shown) {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/)
    for (const label of labels)
      expect([
        'service',
        'method',
        'route',
        'status',
        'le',
        'version',
        'consumer',
        'limit',
        'outcome',
      ]).toContain(label)
  }
})
