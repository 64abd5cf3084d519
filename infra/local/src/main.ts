import { join, relative, resolve } from 'node:path'
import { env } from 'node:process'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { readableLog } from './log.ts'
import { type Platform, type PlatformOptions, startPlatform } from './platform.ts'
import { onEnd } from './processes/end.ts'

const folder = resolve(import.meta.dirname, '../../../.gatehouse')

/** `npm start`: starts the platform, says where it is, and ends it at a signal. */
const main = async () => {
  const write = (text: string) => void process.stdout.write(text)
  const log = readableLog(write)
  let stop = async () => {}
  onEnd(async (reason) => {
    log('gatehouse', `${reason}: ending everything`)
    await stop()
    return 0
  })
  const platform = await startPlatform({ ...optionsOfThisStart(), log })
  stop = platform.stop
  write(table(platform))
}

const optionsOfThisStart = (): PlatformOptions => {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })
  const { PORT, MAIL_PORT, DATABASE_URL, NATS_URL } = env
  return {
    folder,
    fresh: values.fresh,
    port: portOf('PORT', PORT, 8080),
    mailPort: portOf('MAIL_PORT', MAIL_PORT, 8025),
    databaseUrl: DATABASE_URL || undefined,
    natsUrl: NATS_URL || undefined,
  }
}

const portOf = (variable: string, value: string | undefined, usual: number) => {
  const port = Number(value || usual)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Error(`${variable} must be a port, 0 to 65535; it is ${JSON.stringify(value)}.`)
}

const table = ({ url, mail, admin, services, postgres, nats }: Platform) => {
  const rows = {
    API: `${url}/api`,
    Documentation: `${url}/api/docs`,
    Mail: `${mail.url}   ${pc.dim(`SMTP on port ${mail.smtpPort}`)}`,
    Administrator: admin.email,
    Password: `${admin.password}   ${pc.dim(`also in ${join(relative('', folder), 'admin.json')}`)}`,
    Services: Object.entries(services)
      .map(([name, service]) => `${name} ${new URL(service.url).port}`)
      .join(', '),
    Servers: `PostgreSQL ${postgres?.port ?? 'yours'}, NATS ${nats?.port ?? 'yours'}`,
  }
  const lines = Object.entries(rows).map(([name, value]) => `  ${pc.bold(name.padEnd(14))} ${value}`)
  return `\n  ${pc.green('Gatehouse is ready.')} Ctrl-C ends it; what it knows stays.\n\n${lines.join('\n')}\n\n`
}

main().catch((error: Error) => {
  process.stderr.write(`${pc.red('Gatehouse did not start.')} ${error.message}\n`)
  process.exit(1)
})
