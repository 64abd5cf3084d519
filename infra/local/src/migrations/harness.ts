import { parse } from 'libpg-query'

type Node = Readonly<Record<string, unknown>>

/**
 * What in a migration would hold up the services that run beside it, or break the version before it. Tables that the
 * migration makes itself are nobody's yet, and may be anything.
 */
export async function faultsOf(sql: string): Promise<string[]> {
  const { stmts = [] } = (await parse(sql)) as { stmts?: readonly { readonly stmt: Node }[] }
  const made = new Set(stmts.flatMap(({ stmt }) => tableOf(inside(stmt, 'CreateStmt')) ?? []))
  return stmts.flatMap(({ stmt }) => {
    const index = inside(stmt, 'IndexStmt')
    if (index && !index['concurrent'] && !made.has(tableOf(index) ?? ''))
      return [`an index of ${tableOf(index)} that is not made concurrently: nobody writes meanwhile`]
    if (inside(stmt, 'RenameStmt')) return ['a rename: the version before knows the old name']
    const drop = inside(stmt, 'DropStmt')
    if (drop && /TABLE|VIEW/.test(String(drop['removeType'])))
      return ['a table is dropped: the version before reads it']
    const alter = inside(stmt, 'AlterTableStmt')
    if (!alter || made.has(tableOf(alter) ?? '')) return []
    const commands = (alter['cmds'] ?? []) as readonly Node[]
    return commands.flatMap((each) =>
      faultsOfChange(inside(each, 'AlterTableCmd') ?? {}, tableOf(alter) ?? ''),
    )
  })
}

function faultsOfChange(command: Node, table: string): string[] {
  const def = (command['def'] ?? {}) as Node
  switch (command['subtype']) {
    case 'AT_DropColumn':
      return [`${table} loses a column: the version before reads it`]
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
