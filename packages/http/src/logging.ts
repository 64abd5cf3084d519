import type { FastifyReply, FastifyRequest } from 'fastify'
import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino'
import { redact, redactError } from './redaction.ts'

export type Logger = PinoLogger

interface LoggerOptions {
  readonly service: string
  /** The least severe level that is written: `info`, or one of pino's others. */
  readonly level: string
  /** Where the lines go instead of standard output. */
  readonly stream?: DestinationStream
}

/**
 * A log of one JSON object a line, out of which secrets are taken. Lines leave in batches, at the latest after a quarter
 * of a second and when the process ends.
 */
export function createLogger({ service, level, stream }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: {
        err: redactError,
        req: routeOf,
        res: ({ statusCode }: FastifyReply) => ({ status: statusCode }),
      },
    },
    stream ?? standardOutput(),
  )
}

// Written at once when there is enough: to hand every piece to another thread costs more than to write it.
function standardOutput() {
  const stream = destination({ dest: 1, sync: true, minLength: 8192, periodicFlush: 250 })
  process.on('exit', () => stream.flushSync())
  return stream
}

let lastMs = 0
let lastTime = ''

/** Many lines fall into one millisecond, and writing a date down costs as much as the rest of a line. */
function isoTime() {
  const now = Date.now()
  if (now !== lastMs) {
    lastMs = now
    lastTime = `,"time":"${new Date(now).toISOString()}"`
  }
  return lastTime
}

/** The pattern of a request's route, never its URL: paths and queries may hold tokens. */
export const routeOf = ({ method, routeOptions }: FastifyRequest) => ({
  method,
  route: routeOptions.url ?? 'none',
})
