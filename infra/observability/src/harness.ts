import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SyntaxNodeRef } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { readGroups } from './alerts.ts'

const root = join(import.meta.dirname, '..')

/** What a rule or a panel asks Prometheus, and where it stands. */
export interface Expression {
  readonly where: string
  readonly expr: string
}

/** What is read of a dashboard of Grafana. */
export interface Dashboard {
  readonly file: string
  readonly uid: string
  readonly title: string
  readonly panels: readonly {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly description?: string
    readonly datasource?: unknown
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] }
}

export const filesIn = async (folder: string) => (await readdir(join(root, folder))).sort()

export const textOf = (path: string) => readFile(join(root, path), 'utf8')

export async function readDashboards(): Promise<readonly Dashboard[]> {
  const files = await filesIn('dashboards')
  return Promise.all(files.map(async (file) => ({ ...JSON.parse(await textOf(`dashboards/${file}`)), file })))
}

/** Every expression of the rules, the dashboards and the runbooks. */
export async function readExpressions(): Promise<readonly Expression[]> {
  const rules = (await readGroups()).flatMap(({ rules }) => rules)
  const dashboards = await readDashboards()
  const runbooks = await Promise.all(
    (await filesIn('runbooks')).map(async (file) => ({ file, text: await textOf(`runbooks/${file}`) })),
  )
  return [
    ...rules.map(({ alert, record, expr }) => ({ where: `${alert ?? record}`, expr })),
    ...dashboards.flatMap(({ file, panels }) =>
      panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: `${file}: ${title}`, expr: withoutVariables(expr) })),
      ),
    ),
    ...runbooks.flatMap(({ file, text }) =>
      [...text.matchAll(/^```promql\n(.*?)\n```$/gms)].map(([, expr = '']) => ({ where: file, expr })),
    ),
  ]
}

/** What Grafana puts in place of its own variables. */
const withoutVariables = (expr: string) => expr.replaceAll('$__rate_interval', '5m')

/** What an expression names, by Prometheus's own grammar. Throws where it isn't one. */
export function readPromql({ where, expr }: Expression) {
  const metrics = new Set<string>()
  const labels = new Set<string>()
  const textOf = ({ from, to }: SyntaxNodeRef) => expr.slice(from, to)
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new SyntaxError(`${where}: not PromQL at ${node.from} of ${expr}`)
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') metrics.add(textOf(node))
      if (node.name === 'LabelName') labels.add(textOf(node))
    },
  })
  return { metrics, labels }
}
