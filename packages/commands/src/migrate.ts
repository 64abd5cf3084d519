import { text } from '@gatehouse/config/setting'
import { migrate, migrationStatus } from '@gatehouse/db/migrate'
import { databaseSettings } from '@gatehouse/db/settings'
import * as z from 'zod'
import { type Outcome, type Program, perform, type Say } from './program.ts'

/** The environment of what changes the tables themselves. */
export const ownerSettings = {
  /** Of the role that owns the database. The service itself never has it. */
  DATABASE_OWNER_URL: databaseSettings.DATABASE_URL,
}

/**
 * Adds `gatehouse migrate`.
 * @param folder where the migrations are, unless `MIGRATIONS_FOLDER` says otherwise
 */
export function addMigrate(program: Program, folder: string) {
  const Settings = z.object({ ...ownerSettings, MIGRATIONS_FOLDER: text().default(folder) })
  program
    .command('migrate')
    .description(
      'Bring the database to what this version needs; safe beside running services, and of two at once one waits.',
    )
    .option('--status', 'only say what is applied and what is missing, with 3 if anything is')
    .action(
      perform(Settings, (settings, say, { status }: { status?: true }) =>
        status ? tell(settings) : apply(settings, say),
      ),
    )
}

interface Place {
  readonly DATABASE_OWNER_URL: string
  readonly MIGRATIONS_FOLDER: string
}

async function apply(
  { DATABASE_OWNER_URL: url, MIGRATIONS_FOLDER: folder }: Place,
  say: Say,
): Promise<Outcome> {
  const applied = await migrate({ url, folder, onBegin: (name) => say(`applying ${name}`) })
  const words =
    applied.length === 0 ? 'Nothing was missing.' : `${applied.length} applied: ${applied.join(', ')}.`
  return { result: { applied }, words }
}

async function tell({ DATABASE_OWNER_URL: url, MIGRATIONS_FOLDER: folder }: Place): Promise<Outcome> {
  const { applied, missing } = await migrationStatus({ url, folder })
  const lines = [
    ...applied.map((name) => `${name}  applied`),
    ...missing.map((name) => `${name}  missing`),
    missing.length === 0
      ? 'Nothing is missing.'
      : `${missing.length} missing; "gatehouse migrate" applies them.`,
  ]
  return { result: { applied, missing }, words: lines.join('\n'), isBad: missing.length > 0 }
}
