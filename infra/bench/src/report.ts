import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Result } from './run-case.ts'

const number = (n: number) => n.toLocaleString('en', { maximumSignificantDigits: 4 })

const columns: readonly [string, (result: Result) => string][] = [
  ['case', ({ id, title }) => `${id} ${title}`],
  [
    'ours (min–max)',
    ({ ours, unit }) => `${number(ours.median)} ${unit} (${number(ours.min)}–${number(ours.max)})`,
  ],
  [
    'reference (min–max)',
    ({ reference: r }) => (r ? `${number(r.median)} (${number(r.min)}–${number(r.max)})` : '–'),
  ],
  ['ratio', ({ ratio }) => (ratio === undefined ? '–' : ratio.toFixed(2))],
  ['goal', ({ goal }) => goal],
  ['holds', ({ holds }) => (holds ? 'yes' : 'NO')],
]

/** The results as a Markdown table with columns padded, so that it reads as well in a terminal. */
export function tableOf(results: readonly Result[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...results.map((result) => columns.map(([, cell]) => cell(result))),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join(
    '\n',
  )
}

/** Writes `results.json` and `results.md` into a folder. */
export async function writeReport(folder: string, results: readonly Result[]) {
  await mkdir(folder, { recursive: true })
  const about = { measuredAt: new Date().toISOString(), node: process.version }
  await writeFile(join(folder, 'results.json'), `${JSON.stringify({ ...about, results }, null, 2)}\n`)
  await writeFile(
    join(folder, 'results.md'),
    `${about.measuredAt}, Node.js ${about.node}\n\n${tableOf(results)}\n`,
  )
}
