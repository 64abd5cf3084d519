import { hkdfSync } from 'node:crypto'
import { loadSettings } from '@gatehouse/config/load-settings'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect } from '@gatehouse/db/connect'
import { connectNats } from '@gatehouse/events/nats'
import { startRelay } from '@gatehouse/events/relay'
import { followRevocations } from '@gatehouse/events/revocation'
import { drainOnExit } from '@gatehouse/http/drain'
import { createLogger } from '@gatehouse/http/logging'
import { createMailQueue } from '@gatehouse/mail/mails'
import pRetry from 'p-retry'
import { buildApp } from './app.ts'
import { applyBootstrap, readBootstrap } from './bootstrap.ts'
import { Settings } from './config.ts'
import { createDirectory } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { publishedKeys } from './keys/published-keys.ts'
import { signingKey } from './keys/signing-key.ts'
import { createPasswords } from './passwords.ts'
import { reconcileRegistrations } from './registrations/reconcile-registrations.ts'
import { createThrottle } from './throttle.ts'

const service = 'auth'
const settings = loadSettings(Settings)
const bootstrap =
  settings.BOOTSTRAP_FILE === undefined ? undefined : await readBootstrap(settings.BOOTSTRAP_FILE)
const log = createLogger({ service, level: settings.LOG_LEVEL })

const db = connect({
  url: settings.DATABASE_URL,
  poolSize: settings.DATABASE_POOL_SIZE,
  applicationName: service,
})
const nats = connectNats({
  url: settings.NATS_URL,
  user: settings.NATS_USER,
  password: settings.NATS_PASSWORD,
  service,
  log,
})
const relay = startRelay({ db, nats, log })
const revocations = followRevocations({ nats, log })

const issuer = createIssuer(settings.ISSUER)
const directory = createDirectory(settings.DIRECTORY_URL, issuer)
const passwords = await createPasswords(settings.PASSWORD_PEPPER, settings.BCRYPT_COST)
const refreshKey = new Uint8Array(
  hkdfSync('sha256', settings.KEY_ENCRYPTION_KEY, '', 'refresh token successors', 32),
)

let isBootstrapped = false

const app = buildApp(
  {
    service,
    version: apiVersion,
    log,
    trustedProxies: settings.TRUSTED_PROXIES,
    tracesEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    authentication: {
      issuer: settings.ISSUER,
      audiences: ['gatehouse', service],
      keys: () => publishedKeys(db),
      isRevoked: revocations.isRevoked,
    },
    readiness: {
      database: db.ping,
      nats: nats.ping,
      revocations: revocations.fresh,
      signingKey: issuer.hasKey,
      bootstrap: () => isBootstrapped,
    },
  },
  {
    db,
    directory,
    issuer,
    passwords,
    refreshKey,
    throttle: createThrottle(db),
    queueMail: createMailQueue(settings.KEY_ENCRYPTION_KEY),
  },
)

const reconciler = reconcileRegistrations({ db, directory }, log)
const stopping = new AbortController()
drainOnExit({
  app,
  log,
  graceMs: settings.DRAIN_GRACE,
  closers: {
    startUp: () => stopping.abort(),
    reconciler: reconciler.stop,
    relay: relay.stop,
    revocations: revocations.stop,
    database: db.close,
    nats: nats.close,
  },
})
await app.listen({ host: settings.HOST, port: settings.PORT })

// The database may come later than the service, which says until then what it isn't ready for.
const untilDone = (what: string, work: () => Promise<void>) =>
  pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 5000,
    signal: stopping.signal,
    onFailedAttempt: ({ error }) => log.warn({ err: error }, `${what} failed; trying again`),
  })

await untilDone('loading the signing key', async () =>
  issuer.use(await signingKey(db, settings.KEY_ENCRYPTION_KEY)),
)
if (bootstrap) await untilDone('the bootstrap', () => applyBootstrap({ db, directory, passwords }, bootstrap))
isBootstrapped = true
