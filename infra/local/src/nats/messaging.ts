import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { keepStreams } from '@gatehouse/events/keep-streams'
import { connectNats } from '@gatehouse/events/nats'
import { ensureStreams } from '@gatehouse/events/streams'
import type { Log } from '../log.ts'
import { superviseServer } from '../processes/supervise.ts'
import type { Secrets } from '../state/secrets.ts'
import { findNatsServer, type Nats, startNats } from './server.ts'

type NatsUser = ServiceName | 'provisioner'

export interface NatsLogin {
  readonly url: string
  readonly user: string
  readonly password: string
}

interface MessagingOptions {
  /** Where the server keeps its streams, if it is ours. */
  readonly folder: string
  readonly port: number
  readonly durable: boolean
  /** Of a server of one's own, with the one user that everybody comes in as: then none is started. */
  readonly ownUrl: string | undefined
  readonly secrets: Secrets
  readonly log: Log
}

export interface Messaging {
  readonly logins: Readonly<Record<NatsUser, NatsLogin>>
  /** The server, when it is ours. */
  readonly nats: Nats | undefined
}

/**
 * Starts a NATS server with a user for each service and keeps it running, or takes the server of one's own; makes the
 * streams and consumers there as they have to be. What ends the server goes on `cleanup`.
 */
export const startMessaging = async (
  options: MessagingOptions,
  cleanup: AsyncDisposableStack,
): Promise<Messaging> => {
  const { ownUrl, secrets, log } = options
  const nats = ownUrl === undefined ? await startOurs(options, cleanup) : undefined
  const loginOf = (user: NatsUser) =>
    nats === undefined ? ownLogin(ownUrl ?? '') : { url: nats.url, user, password: secrets[`${user}.nats`] }
  const logins = Object.fromEntries(users.map((user) => [user, loginOf(user)])) as Messaging['logins']
  await provision(logins.provisioner, log, cleanup)
  return { logins, nats }
}

const users: readonly NatsUser[] = [...serviceNames, 'provisioner']

const startOurs = async ({ secrets, log, ...options }: MessagingOptions, cleanup: AsyncDisposableStack) => {
  const say = (line: string) => log('nats', line)
  const passwords = users.map((user) => {
    const variable = `NATS_${user.replaceAll('-', '_').toUpperCase()}_PASSWORD`
    return [variable, JSON.stringify(secrets[`${user}.nats`])]
  })
  const nats = await startNats({
    ...options,
    binary: await findNatsServer({ log: say }),
    config: join(import.meta.dirname, '../../../nats/nats-server.conf'),
    env: Object.fromEntries(passwords),
    log: (line) => isTrouble(line) && say(line),
  })
  const supervised = superviseServer(nats, say)
  cleanup.defer(() => supervised.stop(1000))
  return nats
}

const isTrouble = (line: string) => /\[(WRN|ERR|FTL)\]/.test(line) && !line.includes('Plaintext passwords')

const ownLogin = (ownUrl: string): NatsLogin => {
  const { protocol, host, username, password } = new URL(ownUrl)
  // A server without users takes any name.
  return {
    url: `${protocol}//${host}`,
    user: decodeURIComponent(username) || 'gatehouse',
    password: decodeURIComponent(password) || 'gatehouse',
  }
}

/** Makes the streams, and makes them again whenever they are gone, be it with the server's volume. */
const provision = async (login: NatsLogin, log: Log, cleanup: AsyncDisposableStack) => {
  log('nats', 'making the streams')
  const quiet = () => {}
  const say = (_: object, message: string) => log('nats', message)
  const nats = connectNats({
    ...login,
    service: 'provisioner',
    log: { info: quiet, warn: quiet, error: say },
  })
  cleanup.defer(nats.close)
  const tooLate = AbortSignal.timeout(20_000)
  try {
    await nats.connection(tooLate)
    await ensureStreams(nats)
  } catch (cause) {
    const reason = tooLate.aborted ? 'no answer within 20 s' : (cause as Error).message
    throw new Error(`The streams could not be made on NATS at ${login.url}: ${reason}`, { cause })
  }
  const keeping = keepStreams({ nats, log: { info: quiet, warn: say, error: say } })
  cleanup.defer(keeping.stop)
}
