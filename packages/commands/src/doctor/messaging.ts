import type { ServiceName } from '@gatehouse/contracts/events'
import { connectNats } from '@gatehouse/events/nats'
import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import { bad, type Finding, good } from './finding.ts'

interface Login {
  readonly NATS_URL: string
  readonly NATS_USER: string
  readonly NATS_PASSWORD: string
}

const patienceMs = 5_000

/** That NATS lets the service in, is new enough, and has the stream that says which tokens are revoked. */
export async function checkMessaging(service: ServiceName, login: Login): Promise<Finding> {
  let reason = `no answer within ${patienceMs / 1000} s`
  const refused = new AbortController()
  const hear = ({ err }: { err?: Error }) => {
    if (err) reason = err.message
    if (isRefusal(reason)) refused.abort()
  }
  const nats = connectNats({
    url: login.NATS_URL,
    user: login.NATS_USER,
    password: login.NATS_PASSWORD,
    service,
    log: { info() {}, warn: hear, error: hear },
  })
  try {
    const tooLate = AbortSignal.any([AbortSignal.timeout(patienceMs), refused.signal])
    const connection = await nats.connection(tooLate).catch(() => undefined)
    if (!connection) return bad(`NATS at ${login.NATS_URL} can't be used: ${reason}.`, adviceOn(reason))
    const version = connection.info?.version ?? '0'
    if (!isNewEnough(version)) return bad(`NATS is ${version}.`, 'Upgrade it to 2.12.7 or newer.')
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: patienceMs })
    const { state } = await jsm.streams.info('REVOCATIONS')
    return good(
      `NATS ${version} answers, as ${login.NATS_USER}; ${state.messages} revocations stand in its stream.`,
    )
  } catch (error) {
    if (error instanceof JetStreamApiError) {
      return bad(
        `The stream REVOCATIONS can't be read: ${error.message}.`,
        'Have the provisioner make the streams.',
      )
    }
    throw error
  } finally {
    await nats.close()
  }
}

const isRefusal = (reason: string) => /authorization|authentication/i.test(reason)

const adviceOn = (reason: string) =>
  isRefusal(reason)
    ? 'NATS_USER and NATS_PASSWORD must be those of infra/nats for this service.'
    : 'Start it, or set NATS_URL to where it is; services wait for it meanwhile.'

const oldest = [2, 12, 7] as const

function isNewEnough(version: string) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const differences = [major - oldest[0], minor - oldest[1], patch - oldest[2]]
  return (differences.find((difference) => difference !== 0) ?? 0) >= 0
}
