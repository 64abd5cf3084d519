import { inSpan, isTracing } from '@gatehouse/telemetry/span'
import { DrizzleQueryError, type SQL } from 'drizzle-orm'
import type { PgDialect, PgPreparedQuery, PgSession, PreparedQueryConfig } from 'drizzle-orm/pg-core'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'

/** Drizzle's query builder. It has no `transaction`: those of `tenant.ts` are the only ones. */
export type Orm = Omit<PostgresJsDatabase, 'transaction'>

/** What drizzle asks of the driver. */
export interface Client {
  unsafe(statement: string, parameters: never[], options: { prepare: boolean }): Rows & { values(): Rows }
}

type Rows = Promise<unknown[]>

/** Drizzle on `client`. It throws the driver's errors, without any value: drizzle's own have all parameters in their message. */
export function createOrm(client: Client): Orm {
  const orm = drizzle({ client: { options, ...client } as unknown as Sql })
  const { session } = orm._
  const prepareQuery: typeof session.prepareQuery = session.prepareQuery.bind(session)
  session.prepareQuery = (...query) => inSpans(withDriverErrors(prepareQuery(...query)), query)
  return orm
}

/**
 * Declares a hot query: drizzle builds it once in a process instead of at each call, and PostgreSQL parses and plans it
 * once a connection. Values go in as `sql.placeholder`s.
 *
 *     const byId = prepared((tx) => tx.select().from(users).where(eq(users.id, sql.placeholder('id'))).prepare('users_by_id'))
 *     const [user] = await byId(tx).execute({ id })
 */
export function prepared<Q extends object>(build: (orm: Orm) => Q): (orm: Orm) => Q {
  let built: Q | undefined
  return (orm) => {
    built ??= build(orm)
    // A prepared query of drizzle holds on to the client that it was built on; here each call brings its own.
    return Object.create(built, { client: { value: clientOf(orm) } })
  }
}

/**
 * A statement in SQL for `prepared`, for what the query builder can't say; its values go in as `sql.placeholder`s too, each
 * in the form that PostgreSQL is to get.
 */
export function statement<Row>(orm: Orm, query: SQL) {
  const { session, dialect } = orm as unknown as { session: PgSession; dialect: PgDialect }
  const built = session.prepareQuery(dialect.sqlToQuery(query), undefined, undefined, false)
  return built as unknown as { execute(values: Readonly<Record<string, unknown>>): Promise<readonly Row[]> }
}

// Where drizzle registers how it reads and writes dates and JSON; `connection.ts` has it do so on each real one.
const options = { parsers: {}, serializers: {} }

const clientOf = (orm: Orm) => (orm as unknown as { readonly $client: Client }).$client

/** Makes a span of each time that a query is asked. Its text has no values in it: they are all parameters. */
function inSpans<C extends PreparedQueryConfig>(
  query: PgPreparedQuery<C>,
  [{ sql }, , name]: Parameters<PgSession['prepareQuery']>,
): PgPreparedQuery<C> {
  const { execute } = query
  query.execute = function (values) {
    const run = () => execute.call(this, values)
    return isTracing() ? inSpan(name ?? operationOf(sql), aboutQuery(sql), run) : run()
  }
  return query
}

/** What a statement does, and the first table that it names: `insert outbox`. */
function operationOf(sql: string) {
  const [operation = 'statement'] = /\w+/.exec(sql) ?? []
  const [, table] = /\b(?:from|into|update)\s+"?(\w+)/i.exec(sql) ?? []
  return table ? `${operation.toLowerCase()} ${table}` : operation.toLowerCase()
}

const aboutQuery = (sql: string) =>
  ({
    kind: 'client',
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': sql.slice(0, 2_000) },
  }) as const

function withDriverErrors<C extends PreparedQueryConfig>(query: PgPreparedQuery<C>): PgPreparedQuery<C> {
  const { execute } = query
  query.execute = async function (values) {
    try {
      return await execute.call(this, values)
    } catch (error) {
      const reason = error instanceof DrizzleQueryError ? (error.cause ?? error) : error
      // "Key (email)=(ada@example.com) already exists."
      if (reason instanceof postgres.PostgresError) Reflect.deleteProperty(reason, 'detail')
      throw reason
    }
  }
  return query
}
