import { callers } from './matrix-callers.ts'

const legend = `\
# Who is answered with which status, when a request is about things of some tenant. A line is a route, by what of the
# tenant it is asked for (?), and the access that it declares. A column is a kind of caller:
#   nobody     without a credential                  member     somebody of the tenant
#   expired    with a token that is over             admin      its administrator
#   suspended  with a token that was revoked         key        an API key of its administrator
#   service    another service                       partner    an OAuth 2 client with everything that it can hold
#   platform   an administrator of the platform      ~member …  the same of another tenant
# The access test writes this file (vitest -u); read what changes before you commit it.
`

/** The statuses of one line, a column for each caller. */
export const lineOf = (statuses: readonly number[]) =>
  callers.map((caller, column) => `${statuses[column]}`.padEnd(caller.length)).join('  ')

/** The whole matrix as text, in the order of the paths. */
export function matrixOf(lines: ReadonlyMap<string, string>): string {
  const rows = [...lines].map(([title, statuses]) => ({ cells: title.split(' '), statuses }))
  const width = (column: number) => Math.max(...rows.map(({ cells }) => cells[column]?.length ?? 0))
  const widths = [0, 1, 2].map(width)
  const left = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  const sorted = rows.sort((a, b) => compare(a.cells[1], b.cells[1]) || compare(a.cells[0], b.cells[0]))
  const text = [`${left(['', '', ''])}  ${callers.join('  ')}`]
  for (const { cells, statuses } of sorted) text.push(`${left(cells)}  ${statuses}`)
  return `${legend}\n${text.map((line) => line.trimEnd()).join('\n')}\n`
}

const compare = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0)
