import { openConnection } from '@gatehouse/db/connection'
import { inject } from 'vitest'

/** Runs statements on the database of `appUrl` as PostgreSQL's superuser, in one session. */
export function superuserOf(appUrl: string) {
  const { pathname } = new URL(appUrl)
  const url = Object.assign(new URL(inject('postgresUrl')), { pathname }).href
  return async (...statements: string[]): Promise<readonly Record<string, unknown>[]> => {
    const { sql, end } = await openConnection({ url, applicationName: 'superuser', statementTimeoutMs: 0 })
    try {
      let rows: readonly Record<string, unknown>[] = []
      for (const statement of statements) rows = await sql.unsafe(statement)
      return rows
    } finally {
      await end()
    }
  }
}
