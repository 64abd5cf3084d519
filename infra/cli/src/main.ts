#!/usr/bin/env node
import { join, resolve } from 'node:path'
import { Argument, Command, CommanderError } from '@commander-js/extra-typings'
import { exitCodes } from '@gatehouse/commands/program'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { apiVersion } from '@gatehouse/contracts/version'
import { runIn } from './run-in.ts'

const root = resolve(import.meta.dirname, '../../..')

const program = new Command('gatehouse')
  .description(
    'The command line of Gatehouse, for all services from one place. Each runs as its own program, with its own settings.',
  )
  .version(apiVersion)
  .option('--settings <folder>', 'where the settings are: <service>.env', join(root, '.gatehouse/settings'))
  .addArgument(new Argument('<service>', 'which, or all of them').choices(['all', ...serviceNames] as const))
  .argument('<command...>', 'what to do there: try --help')
  .addHelpText(
    'after',
    '\nFor example:\n  gatehouse all doctor\n  gatehouse auth rotate signing-key\n  gatehouse audit --help',
  )
  .passThroughOptions()
  .exitOverride()
  .action(async (service, command, { settings }) => {
    const services: readonly ServiceName[] = service === 'all' ? serviceNames : [service]
    const places = { root, settings: resolve(settings) }
    // One after the other, so that what they say can be read.
    let worst: number = exitCodes.done
    for (const name of services) {
      if (services.length > 1) process.stderr.write(`${name}:\n`)
      worst = Math.max(worst, await runIn(name, command, places))
    }
    process.exitCode = worst
  })

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.misused
}
