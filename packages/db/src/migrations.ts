import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

export interface Migration {
  readonly name: string
  /** When it was made, in milliseconds since 1970: what drizzle tells migrations apart by. */
  readonly madeAt: number
  readonly hash: string
  readonly statements: readonly string[]
  /** Its statements are to run outside of a transaction, each by itself. */
  readonly isConcurrent: boolean
}

const journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.int() })) })

/** Reads a folder as drizzle-kit writes it: SQL files and `meta/_journal.json`. Gives them in their order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const { entries } = journal.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')))
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const text = await readFile(join(folder, `${tag}.sql`), 'utf8')
      const statements = text.split('--> statement-breakpoint')
      return {
        name: tag,
        madeAt: when,
        hash: createHash('sha256').update(text).digest('hex'),
        statements,
        isConcurrent: statements.some((statement) =>
          /^\s*(create|drop) (unique )?index concurrently\b/i.test(statement),
        ),
      }
    }),
  )
}
