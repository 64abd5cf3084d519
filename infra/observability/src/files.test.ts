import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readGroups } from './alerts.ts'
import { filesIn, readDashboards, readExpressions, readPromql, textOf } from './harness.ts'

const execute = promisify(execFile)
const rules = (await readGroups()).flatMap(({ rules }) => rules)
const alerts = rules.filter(({ alert }) => alert !== undefined)
const dashboards = await readDashboards()
/** As Grafana writes its variables. */
const chosen = `$${'{datasource}'}`

test('every alert has a runbook, and every runbook an alert', async () => {
  const names = alerts.map(({ alert }) => alert)
  expect(new Set(names).size).toBe(names.length)
  expect(await filesIn('runbooks')).toEqual(names.map((name) => `${name}.md`).sort())
  for (const { alert, annotations } of alerts)
    expect(annotations).toMatchObject({ runbook: `infra/observability/runbooks/${alert}.md` })
})

test('every runbook says what it means, how to see it and what to do', async () => {
  for (const { alert } of alerts) {
    const text = await textOf(`runbooks/${alert}.md`)
    const headings = text.split('\n').filter((line) => line.startsWith('#'))
    expect(headings).toEqual([`# ${alert}`, '## What it means', '## How to see it', '## What to do'])
  }
})

test('every alert says how urgent it is and of what it is a sign', () => {
  for (const { labels, annotations } of alerts) {
    expect(labels).toEqual({ severity: expect.stringMatching(/^(page|ticket)$/) })
    expect(annotations?.summary).toMatch(/^['\w{].{20,}$/)
  }
})

test('every expression is PromQL, and what one rule names that another records is recorded', async () => {
  const recorded = rules.flatMap(({ record }) => record ?? [])
  for (const expression of await readExpressions())
    for (const metric of readPromql(expression).metrics)
      if (metric.includes(':')) expect(recorded).toContain(metric)
})

test('a panel is found by its id, says what it shows, and asks the data source that was chosen', () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length)
  for (const { file, panels } of dashboards) {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { type, title, description, datasource } of panels) {
      if (type === 'row') continue
      expect(description, `${file}: ${title}`).toMatch(/\.$/)
      expect(datasource, `${file}: ${title}`).toEqual({ type: 'prometheus', uid: chosen })
    }
  }
})

test('what a cluster is given is every file that there is, as the operator’s schema has it', async () => {
  const { resources, configMapGenerator } = parse(await textOf('kustomization.yaml'))
  expect(resources).toEqual((await filesIn('alerts')).map((name) => `alerts/${name}`))
  expect([...configMapGenerator[0].files].sort()).toEqual(dashboards.map(({ file }) => `dashboards/${file}`))
  for (const file of await filesIn('alerts')) {
    const resource = parse(await textOf(`alerts/${file}`))
    expect(resource).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule' })
    expect(() => new PrometheusRule(resource).validate(), file).not.toThrow()
  }
})

test('the same rules are there for a Prometheus without an operator', async () => {
  const { stdout } = await execute(process.execPath, [join(import.meta.dirname, 'plain-rules.ts')])
  expect(parse(stdout)).toEqual({ groups: await readGroups() })
})
