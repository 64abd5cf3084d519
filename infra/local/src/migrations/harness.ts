import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, parsePlPgSQL } from 'libpg-query'

type Node = Readonly<Record<string, unknown>>

/** Whether the version before a migration knows a table, or a column of it. */
export type Known = (table: string, column?: string) => boolean

/**
 * What the code knew that a migration was the last of, by what drizzle-kit wrote down beside it. Without one, that is, as
 * though the version before knew everything.
 */
export async function knownAt(folder: string, migration: string | undefined): Promise<Known> {
  if (migration === undefined) return () => true
  const file = join(folder, 'meta', `${migration.slice(0, 4)}_snapshot.json`)
  const { tables } = JSON.parse(await readFile(file, 'utf8')) as Snapshot
  return (table, column) => {
    const known = tables[`public.${table}`]
    return known !== undefined && (column === undefined || Object.hasOwn(known.columns, column))
  }
}

interface Snapshot {
  readonly tables: Readonly<Record<string, { readonly columns: object }>>
}

/**
 * What in a migration would hold up the services that run beside it, or break the version before it: that may still be
 * running, and need what it knows. Tables that the migration makes itself are nobody's yet, and may be anything.
 */
export async function faultsOf(sql: string, isKnown: Known = () => true): Promise<string[]> {
  const { stmts = [] } = (await parse(sql)) as { stmts?: readonly { readonly stmt: Node }[] }
  const made = new Set(stmts.flatMap(({ stmt }) => tableOf(inside(stmt, 'CreateStmt')) ?? []))
  const faults = await Promise.all(stmts.map(({ stmt }) => faultsOfStatement(stmt, { made, isKnown })))
  return faults.flat()
}

interface Surroundings {
  /** Tables that the migration makes. */
  readonly made: ReadonlySet<string>
  readonly isKnown: Known
}

async function faultsOfStatement(stmt: Node, { made, isKnown }: Surroundings): Promise<string[]> {
  const block = inside(stmt, 'DoStmt')
  if (block) return faultsOfBlock(block, isKnown)
  const index = inside(stmt, 'IndexStmt')
  if (index && !index['concurrent'] && !made.has(tableOf(index) ?? ''))
    return [`an index of ${tableOf(index)} that is not made concurrently: nobody writes meanwhile`]
  if (inside(stmt, 'RenameStmt')) return ['a rename: the version before knows the old name']
  const drop = inside(stmt, 'DropStmt')
  if (drop && /TABLE|VIEW/.test(String(drop['removeType'])))
    return droppedBy(drop)
      .filter((table) => isKnown(table))
      .map((table) => `${table} is dropped: the version before reads it`)
  const change = inside(stmt, 'UpdateStmt') ?? inside(stmt, 'DeleteStmt')
  if (change && !made.has(tableOf(change) ?? '') && !JSON.stringify(change).includes('"limitCount"'))
    return [
      `rows of ${tableOf(change)} change, however many there are: have the service do it, a few at a time`,
    ]
  const alter = inside(stmt, 'AlterTableStmt')
  if (!alter || made.has(tableOf(alter) ?? '')) return []
  const commands = (alter['cmds'] ?? []) as readonly Node[]
  return commands.flatMap((each) =>
    faultsOfChange(inside(each, 'AlterTableCmd') ?? {}, tableOf(alter) ?? '', isKnown),
  )
}

/** What a `do` block does is read as well; of what it puts together by itself, only grants are known to be harmless. */
async function faultsOfBlock(block: Node, isKnown: Known): Promise<string[]> {
  const options = ((block['args'] ?? []) as readonly Node[]).map((each) => inside(each, 'DefElem'))
  const body = options.find((each) => each?.['defname'] === 'as')?.['arg'] as { String?: { sval?: string } }
  const program = await parsePlPgSQL(`do $of_a_migration$${body.String?.sval ?? ''}$of_a_migration$`)
  const { said, madeUp } = queriesIn(program)
  const faults = await Promise.all(said.map((sql) => faultsOf(sql, isKnown)))
  const unread = madeUp.filter((query) => !/^(?:format\()?'(?:GRANT|REVOKE) /i.test(query))
  return [...faults.flat(), ...unread.map((query) => `nobody can tell what is executed by ${query}`)]
}

/** The statements of a block in PL/pgSQL: those that it has as they are, and those that it makes up. */
function queriesIn(program: unknown) {
  const [said, madeUp]: [string[], string[]] = [[], []]
  JSON.stringify(program, (name, value) => {
    if (name === 'PLpgSQL_stmt_execsql') said.push(value.sqlstmt.PLpgSQL_expr.query)
    if (name === 'PLpgSQL_stmt_dynexecute') madeUp.push(value.query.PLpgSQL_expr.query)
    return value
  })
  return { said, madeUp }
}

const droppedBy = ({ objects }: Node): string[] =>
  ((objects ?? []) as readonly Node[]).map((each) => {
    const items = (inside(each, 'List')?.['items'] ?? []) as readonly {
      readonly String: { readonly sval: string }
    }[]
    return items.at(-1)?.String.sval ?? ''
  })

function faultsOfChange(command: Node, table: string, isKnown: Known): string[] {
  const def = (command['def'] ?? {}) as Node
  switch (command['subtype']) {
    case 'AT_DropColumn':
      return isKnown(table, String(command['name']))
        ? [`${table} loses ${command['name']}: the version before reads it`]
        : []
    case 'AT_AlterColumnType':
      return [`a type of ${table} changes: all of it is written anew under a lock`]
    case 'AT_SetNotNull':
      return [
        `not null in ${table}: all of it is read under a lock; a check that was validated before spares that`,
      ]
    case 'AT_AddConstraint':
      return faultsOfConstraint(inside(def, 'Constraint') ?? {}, table)
    case 'AT_AddColumn':
      return faultsOfColumn(inside(def, 'ColumnDef') ?? {}, table)
    default:
      return []
  }
}

function faultsOfConstraint(constraint: Node, table: string): string[] {
  const type = String(constraint['contype'])
  if (/PRIMARY|UNIQUE|EXCLUSION/.test(type) && constraint['indexname'] === undefined)
    return [`a key of ${table} that has no index yet: make that concurrently, and use it`]
  if (/CHECK|FOREIGN/.test(type) && !constraint['skip_validation'])
    return [
      `a constraint of ${table} without "not valid": all of it is read under a lock; validate it afterwards`,
    ]
  return []
}

function faultsOfColumn(column: Node, table: string): string[] {
  const constraints = ((column['constraints'] ?? []) as readonly Node[]).map(
    (it) => inside(it, 'Constraint') ?? {},
  )
  const of = (type: RegExp) => constraints.find((it) => type.test(String(it['contype'])))
  const name = `${table}.${column['colname']}`
  const byDefault = of(/DEFAULT|IDENTITY|GENERATED/)
  return [
    ...(byDefault && !isConstant(byDefault)
      ? [`${name} has another value in each row: all of it is written anew`]
      : []),
    ...(of(/NOTNULL/) && !byDefault
      ? [`${name} is not null without a default: the version before can't write`]
      : []),
    ...(of(/UNIQUE|PRIMARY|CHECK|FOREIGN/)
      ? [`${name} comes with a constraint: add that afterwards, not valid`]
      : []),
  ]
}

/** A literal, be it cast, or the time of the transaction, which is one for all rows. */
function isConstant({ contype, raw_expr: raw }: Node): boolean {
  if (contype !== 'CONSTR_DEFAULT') return false
  const cast = inside((raw ?? {}) as Node, 'TypeCast')
  const value = ((cast ? cast['arg'] : raw) ?? {}) as Node
  return 'A_Const' in value || JSON.stringify(value).includes('"sval":"now"')
}

const inside = (node: Node, kind: string) => node[kind] as Node | undefined

const tableOf = (statement: Node | undefined) =>
  (statement?.['relation'] as { readonly relname?: string } | undefined)?.relname
