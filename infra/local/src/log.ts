import pc from 'picocolors'

/** Takes one line of what a part of the platform says: plain text, or a record of pino. */
export type Log = (source: string, line: string) => void

const width = 'partner-gateway'.length
const colours = [pc.cyan, pc.magenta, pc.green, pc.yellow, pc.blue, pc.red]

/**
 * Writes each line for people to read, behind the name of who says it: of a record the time, level and message first,
 * then the rest. What a service says of being asked for its health is left out.
 */
export const readableLog = (write: (text: string) => void): Log => {
  const sources: string[] = []
  return (source, line) => {
    const lines = linesOf(line)
    if (lines.length === 0) return
    if (!sources.includes(source)) sources.push(source)
    const colour = colours[sources.indexOf(source) % colours.length] ?? pc.cyan
    const prefix = colour(`${source.padEnd(width)} │ `)
    write(lines.map((text) => `${prefix}${text}\n`).join(''))
  }
}

interface LogRecord {
  readonly level: string
  readonly time: string
  readonly message: string
  readonly err?: LoggedError
  readonly [field: string]: unknown
}

interface LoggedError {
  readonly message?: string
  readonly stack?: string
  readonly cause?: LoggedError
}

const levels: Readonly<Record<string, string>> = {
  info: pc.green('info '),
  warn: pc.yellow('warn '),
  error: pc.red('error'),
  fatal: pc.red('fatal'),
}

const linesOf = (line: string): string[] => {
  const record = parse(line)
  if (record === undefined) return [visible(line)]
  const { level, time, message, err, pid, hostname, service, version, requestId, ...rest } = record
  const { method, route, status, ms, ...fields } = rest
  if (probes.has(`${route}`)) return []
  const request = method === undefined ? [] : [method, route, status, ms && `${Math.round(Number(ms))} ms`]
  const said = [message, ...request, ...reasons(err)].filter((word) => word !== undefined).map(textOf)
  const others = Object.entries(fields).map(([name, value]) => pc.dim(`${name}=${textOf(value)}`))
  const head = [pc.dim(clock(time)), levels[level] ?? pc.dim(level), ...said, ...others].join(' ')
  return [head, ...(level === 'error' || level === 'fatal' ? stackOf(err) : [])]
}

const probes = new Set(['/health', '/ready', '/api/health', '/api/ready'])

const parse = (line: string): LogRecord | undefined => {
  try {
    const record = JSON.parse(line)
    return typeof record?.level === 'string' ? record : undefined
  } catch {
    return undefined
  }
}

const clock = (time: string) => new Date(time).toTimeString().slice(0, 8)

const reasons = (error: LoggedError | undefined): string[] =>
  error === undefined ? [] : [`← ${error.message ?? textOf(error)}`, ...reasons(error.cause)]

const stackOf = (error: LoggedError | undefined) =>
  (error?.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => pc.dim(visible(line)))

const textOf = (value: unknown) => visible(typeof value === 'string' ? value : JSON.stringify(value))

/** What came from outside cannot end the line, nor tell the terminal anything. */
const visible = (text: string) =>
  text.replaceAll(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0')
    return character === '\n' ? '\\n' : `\\u${code}`
  })
