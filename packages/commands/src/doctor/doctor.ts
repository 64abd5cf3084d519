import { settingsOfProcess } from '@gatehouse/config/load-settings'
import { text } from '@gatehouse/config/setting'
import type { ServiceName } from '@gatehouse/contracts/events'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect, type Database } from '@gatehouse/db/connect'
import * as z from 'zod'
import { ownerSettings } from '../migrate.ts'
import { type Outcome, type Program, perform, type Say } from '../program.ts'
import { checkClock, checkDatabase, checkMigrations } from './database.ts'
import { bad, type Check, type Finding, good } from './finding.ts'
import { checkMessaging } from './messaging.ts'
import { neighbourChecks } from './neighbours.ts'

/** What every service's settings have. */
interface Common {
  readonly DATABASE_URL: string
  readonly NATS_URL: string
  readonly NATS_USER: string
  readonly NATS_PASSWORD: string
}

interface Patient<S extends z.ZodObject> {
  readonly service: ServiceName
  /** All of the service's settings. */
  readonly settings: S
  /** Where its migrations are, unless `MIGRATIONS_FOLDER` says otherwise. */
  readonly folder: string
  /** What only this service has. */
  readonly checks?: (settings: z.output<S>, db: Database) => Readonly<Record<string, Check>>
}

/** Adds `gatehouse doctor`: it looks after everything that the service needs, and says of what is wrong what to do. */
export function addDoctor<S extends z.ZodObject>(program: Program, patient: Patient<S>) {
  const Settings = z.object({
    DATABASE_OWNER_URL: ownerSettings.DATABASE_OWNER_URL.optional(),
    MIGRATIONS_FOLDER: text().default(patient.folder),
  })
  program
    .command('doctor')
    .description('Check settings, versions, database, clock, NATS, keys and neighbours, and say what to do.')
    .action(
      perform(Settings, async ({ DATABASE_OWNER_URL, MIGRATIONS_FOLDER }, say) => {
        const given = settingsOfProcess(patient.settings)
        const faults = 'faults' in given ? given.faults : []
        const findings = { settings: settingsFinding(faults), versions: checkNode() }
        if ('faults' in given) return outcomeOf(findings)
        const settings = given.settings as z.output<S> & Common
        const db = connect({ url: settings.DATABASE_URL, poolSize: 2, applicationName: 'doctor' })
        const checks = {
          database: () => checkDatabase(db),
          migrations: () => checkMigrations(DATABASE_OWNER_URL, MIGRATIONS_FOLDER),
          clock: () => checkClock(db),
          NATS: () => checkMessaging(patient.service, settings),
          ...patient.checks?.(settings, db),
          ...neighbourChecks(patient.service, settings),
        }
        try {
          return outcomeOf({ ...findings, ...(await look(checks, say)) })
        } finally {
          await db.close()
        }
      }),
    )
}

const settingsFinding = (faults: readonly string[]): Finding =>
  faults.length === 0
    ? good('All are there.')
    : bad(faults.join('\n'), 'Set them; the README of the service says what each is for.')

const oldestNode = 24

function checkNode(): Finding {
  const words = `Gatehouse ${apiVersion}, Node.js ${process.versions.node}.`
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return good(words)
  return bad(words, `Use Node.js ${oldestNode} or newer.`)
}

async function look(checks: Readonly<Record<string, Check>>, say: Say) {
  const findings: [string, Finding][] = []
  for (const [name, check] of Object.entries(checks)) {
    say(`checking ${name} …`)
    findings.push([name, await check().catch(notFoundOut)])
  }
  return Object.fromEntries(findings)
}

function notFoundOut(error: unknown): Finding {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  const reason = cause instanceof Error ? ` (${cause.message})` : ''
  return bad(`${message}${reason}`, 'Mend that, and run this again.')
}

const marks = { good: 'ok  ', bad: 'BAD ', unknown: '?   ' }

function outcomeOf(findings: Readonly<Record<string, Finding>>): Outcome {
  const width = Math.max(...Object.keys(findings).map((name) => name.length))
  const indent = ' '.repeat(width + 6)
  const lines = Object.entries(findings).map(([name, { state, detail, advice }]) => {
    const told = detail.replaceAll('\n', `\n${indent}`)
    return `${marks[state]}${name.padEnd(width)}  ${told}${advice ? `\n${indent}→ ${advice}` : ''}`
  })
  const isBad = Object.values(findings).some(({ state }) => state === 'bad')
  const verdict = isBad ? 'Something is wrong; see → for what to do.' : 'All is well.'
  return { result: { isWell: !isBad, findings }, words: [...lines, verdict].join('\n'), isBad }
}
