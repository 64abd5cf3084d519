import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { resolve } from 'node:path'
import { execPath } from 'node:process'
import { connect } from '@gatehouse/db/connect'
import { connectNats } from '@gatehouse/events/nats'
import { ensureStreams } from '@gatehouse/events/streams'
import { startChild } from '@gatehouse/local/processes/child'
import { untilReady } from '@gatehouse/local/services/readiness'
import { nodeOptions } from '@gatehouse/local/services/services'
import { sql } from 'drizzle-orm'
import { natsPassword, natsUser } from './nats-accounts.ts'
import { type IssuerKey, testIssuerUrl } from './tokens.ts'

interface DirectoryOptions {
  readonly issuerKey: IssuerKey
  /** Of the superuser; has a migrated database of the directory to be copied. */
  readonly postgresUrl: string
  readonly natsUrl: string
  readonly natsAccount: number
}

const main = resolve(import.meta.dirname, '../../../apps/directory/src/main.ts')

/** Starts the directory as a process with a database of its own, for the tests of the services that ask it. */
export async function startDirectory({ issuerKey, postgresUrl, natsUrl, natsAccount }: DirectoryOptions) {
  await using started = new AsyncDisposableStack()
  const database = `gatehouse_directory_${randomBytes(6).toString('hex')}`
  const admin = connect({ url: postgresUrl, poolSize: 1, applicationName: 'test' })
  await admin.orm.execute(sql`create database ${sql.identifier(database)} template gatehouse_directory`)
  await admin.close()
  const databaseUrl = (login: object) =>
    Object.assign(new URL(postgresUrl), { pathname: `/${database}`, ...login }).href

  const keys = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [issuerKey.publicJwk] }))
  })
  await once(keys.listen(0, '127.0.0.1'), 'listening')
  started.defer(() => void keys.close())

  await makeStreams(natsUrl, natsAccount)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = await startChild({
    command: execPath,
    args: [...nodeOptions, main],
    env: {
      PORT: `${port}`,
      LOG_LEVEL: 'warn',
      DATABASE_URL: databaseUrl({ username: 'directory_app', password: 'test' }),
      NATS_URL: natsUrl,
      NATS_USER: natsUser(natsAccount, 'directory'),
      NATS_PASSWORD: natsPassword,
      ISSUER: testIssuerUrl,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LINKS_URL: 'http://front.test',
      // No mail leaves a test.
      SMTP_URL: 'smtp://127.0.0.1:9',
      MAIL_FROM: 'no-reply@gatehouse.test',
      // There is no auth to ask: tokens of `issuerKey` are good by their signature.
      AUTH_URL: 'http://127.0.0.1:9',
      AUDIT_URL: 'http://127.0.0.1:9',
      PARTNER_GATEWAY_URL: 'http://127.0.0.1:9',
      SERVICE_SECRET: randomBytes(32).toString('hex'),
      JWKS_URL: `http://127.0.0.1:${(keys.address() as AddressInfo).port}`,
    },
    stopSignal: 'TERM',
    onLine: () => {},
  })
  started.defer(() => child.stop(2_000))
  const missing = await untilReady({ directory: url }, 20_000)
  if (missing.length > 0) throw new Error(`The directory did not start: ${JSON.stringify(missing)}`)
  const everything = started.move()
  return { url, databaseUrl: databaseUrl({}), stop: () => everything.disposeAsync() }
}

async function makeStreams(url: string, account: number) {
  const log = { info() {}, warn() {}, error() {} }
  const user = natsUser(account, 'provisioner')
  const nats = connectNats({ url, user, password: natsPassword, service: 'provisioner', log })
  await ensureStreams(nats)
  await nats.close()
}

async function freePort() {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
