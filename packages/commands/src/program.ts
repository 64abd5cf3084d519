import { Command, CommanderError } from '@commander-js/extra-typings'
import { settingsOfProcess } from '@gatehouse/config/load-settings'
import type { ServiceName } from '@gatehouse/contracts/events'
import { Problem } from '@gatehouse/contracts/problem'
import { apiVersion } from '@gatehouse/contracts/version'
import type * as z from 'zod'

/** What a command ends with. Scripts may rely on them. */
export const exitCodes = {
  done: 0,
  /** It could not be done, and won't be unless something is changed. */
  failed: 1,
  /** An argument or a setting is missing or wrong; nothing was done. */
  misused: 2,
  /** It was done, and what it found is not as it should be. */
  found: 3,
  /** A server that it needs is not there: worth another try. */
  unavailable: 4,
} as const

/** What a command has done. */
export interface Outcome {
  /** For programs (`--json`). No secret, unless to show it is what the command is for. */
  readonly result: object
  /** For people. */
  readonly words: string
  /** What it found is not as it should be. */
  readonly isBad?: boolean
}

/** Tells of progress, a line each, on standard error. */
export type Say = (line: string) => void

type Work<S extends z.ZodObject, A extends unknown[]> = (
  settings: z.output<S>,
  say: Say,
  ...args: A
) => Promise<Outcome>

export type Program = Command<[], { json?: true }>

/**
 * The program `gatehouse` of a service: each feature adds its commands, and `run` does what the arguments say. The settings
 * come from the environment, as those of the service itself.
 */
export function createProgram(service: ServiceName): Program {
  return new Command('gatehouse')
    .description(
      `Commands of Gatehouse's service ${service}. They end with 0 when done, 1 when it failed, 2 for a wrong argument or setting, 3 when what was found is not as it should be, and 4 when a server is not there.`,
    )
    .version(apiVersion)
    .option('--json', 'answer in JSON')
    .exitOverride()
}

/** What a command does, as commander calls it: it reads the settings, works, and says how it went. */
export const perform =
  <S extends z.ZodObject, A extends unknown[]>(schema: S, work: Work<S, A>) =>
  async (...called: [...args: A, ...unknown[]]) => {
    const { json: inJson = false } = (called.at(-1) as Program).optsWithGlobals()
    const settings = settingsOfProcess(schema)
    if ('faults' in settings) {
      const message = `Settings are missing or wrong:\n${settings.faults.map((it) => `  ${it}`).join('\n')}`
      return end(exitCodes.misused, { error: { message, faults: settings.faults } }, message, inJson)
    }
    try {
      const say: Say = (line) => void process.stderr.write(`${line}\n`)
      const { result, words, isBad } = await work(settings.settings, say, ...(called as unknown as A))
      end(isBad ? exitCodes.found : exitCodes.done, result, words, inJson)
    } catch (error) {
      const message = wordsOf(error)
      end(isAway(error) ? exitCodes.unavailable : exitCodes.failed, { error: { message } }, message, inJson)
    }
  }

/** Does what the arguments say. */
export async function run(program: Program): Promise<void> {
  try {
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // It has said itself what is wrong.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.misused
  }
}

function end(exitCode: number, result: object, words: string, inJson: boolean) {
  const isWell = exitCode === exitCodes.done || exitCode === exitCodes.found
  if (inJson) process.stdout.write(`${JSON.stringify(result)}\n`)
  else (isWell ? process.stdout : process.stderr).write(`${words}\n`)
  process.exitCode = exitCode
}

/** As services say it, and packages/db. */
const isAway = (error: unknown) =>
  error instanceof Problem
    ? error.status === 503
    : error instanceof Error && 'statusCode' in error && error.statusCode === 503

/** With what caused it, as far as that says more. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = isAway(error) && error.cause ? wordsOf(error.cause) : ''
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message} (${cause})`
}
