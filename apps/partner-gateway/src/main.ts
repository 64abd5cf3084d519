import { askAudit } from '@gatehouse/client/ask-audit'
import { askAuth } from '@gatehouse/client/ask-auth'
import { serviceToken } from '@gatehouse/client/service-token'
import { loadSettings } from '@gatehouse/config/load-settings'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect } from '@gatehouse/db/connect'
import { databaseMetrics } from '@gatehouse/db/database-metrics'
import { recordDenials, toOutbox } from '@gatehouse/events/denials'
import { feedMetrics } from '@gatehouse/events/feed-metrics'
import { connectNats } from '@gatehouse/events/nats'
import { outboxMetrics } from '@gatehouse/events/outbox-metrics'
import { startPurge } from '@gatehouse/events/purging'
import { startReconciler } from '@gatehouse/events/reconciler'
import { startRelay } from '@gatehouse/events/relay'
import { startClearingRemnants } from '@gatehouse/events/remnants'
import { replayErasures } from '@gatehouse/events/replay-erasures'
import { followRevocations } from '@gatehouse/events/revocation'
import { drainOnExit } from '@gatehouse/http/drain'
import { createLogger } from '@gatehouse/http/logging'
import { followSigningKey } from '@gatehouse/keys/follow-signing-key'
import { publishedKeys } from '@gatehouse/keys/published-keys'
import { createSeal, derivedKeys } from '@gatehouse/keys/seal'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { createThrottle } from '@gatehouse/throttle/throttle'
import { throttleMetrics } from '@gatehouse/throttle/throttle-metrics'
import pRetry from 'p-retry'
import { buildApp } from './app.ts'
import { recordCalls } from './calls/record-calls.ts'
import { Settings } from './config.ts'
import { dataMap } from './data-map.ts'
import { askWhetherActive, askWhetherThere } from './directory.ts'
import { createPartnerIssuer, partnerAudience } from './issuer.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { createKnownClients } from './known-clients.ts'
import { createKnownTenants } from './known-tenants.ts'
import { createLimits } from './limits/limits.ts'
import { eraseAgain } from './privacy/erase-again.ts'
import { introspectOwn } from './tokens/examine-token.ts'
import { keepAccount } from './usage/account.ts'

const service = 'partner-gateway'
const settings = loadSettings(Settings)
const log = createLogger({ service, level: settings.LOG_LEVEL })
const tracing = await startTracing({ name: service, version: apiVersion }, settings, log)

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
const revocations = followRevocations({ nats, log })
const account = { authUrl: settings.AUTH_URL, serviceName: service, serviceSecret: settings.SERVICE_SECRET }
const token = serviceToken({ ...account, audience: 'auth' })
const auditToken = serviceToken({ ...account, audience: 'audit' })
const { findMissing, findRemnants } = askAudit({ auditUrl: settings.AUDIT_URL, token: auditToken })
const reconciler = startReconciler({
  db,
  nats,
  log,
  findMissing,
  everyMs: settings.RECONCILE_EVERY,
})
const relay = startRelay({ db, nats, log, onStreamLost: reconciler.hurry })
const remnants = startClearingRemnants({ db, log, ask: findRemnants })
const replay = replayErasures({ nats, log, eraseAgain: (digests) => eraseAgain(db, digests) })
const denials = recordDenials({ service, write: toOutbox(db), log })

const directoryToken = serviceToken({ ...account, audience: 'directory' })
const feed = { isRevoked: revocations.isRevoked, isFresh: revocations.fresh }
const knownClients = createKnownClients({ ...feed, db, log })
const limits = createLimits({ db, log })
const throttle = createThrottle(db)
const usage = keepAccount({ db, log })
const calls = recordCalls({ db, log })
const { exchange, introspect, narrow } = askAuth({ authUrl: settings.AUTH_URL, token, service })
const isTenantActive = createKnownTenants({
  ...feed,
  ask: askWhetherActive(settings.DIRECTORY_URL, directoryToken),
  log,
})
const purging = startPurge({ db, log, dataMap })
const issuer = createPartnerIssuer(settings.ISSUER)
const derivedKey = (purpose: string) => derivedKeys(settings.KEY_ENCRYPTION_KEY, purpose)[0]
const signing = followSigningKey({
  db,
  signer: issuer,
  log,
  seal: createSeal(...settings.KEY_ENCRYPTION_KEY),
  periodSeconds: settings.KEY_ROTATION / 1_000,
  onCreated: tellOfKey,
})

const app = buildApp(
  {
    service,
    version: apiVersion,
    log,
    trustedProxies: settings.TRUSTED_PROXIES,
    authentication: {
      issuer: settings.ISSUER,
      audiences: ['gatehouse', service],
      keys: settings.JWKS_URL,
      ...feed,
      introspect,
      exchange,
    },
    partnerAuthentication: {
      issuer: issuer.url,
      audiences: [partnerAudience],
      keys: () => publishedKeys(db),
      ...feed,
      introspect: introspectOwn({ db, issuer, isTenantActive }),
    },
    readiness: {
      database: db.ping,
      erasures: replay.isDone,
      signingKey: issuer.hasKey,
    },
    // Without them events wait in the outbox, and auth is asked about each token.
    spared: { nats: nats.ping, revocations: revocations.fresh },
    metrics: {
      ...databaseMetrics(db),
      ...feedMetrics(nats, revocations),
      ...outboxMetrics(relay, reconciler),
      ...throttleMetrics(throttle),
    },
    onDenied: denials.note,
  },
  {
    db,
    issuer,
    knownClients,
    throttle,
    isTenantActive,
    isTenantThere: askWhetherThere(settings.DIRECTORY_URL, directoryToken),
    limits,
    clearRemnants: remnants.clear,
    noteCall: (call) => {
      usage.count(call)
      calls.note(call)
    },
    narrow,
    upstreamTimeoutMs: settings.UPSTREAM_TIMEOUT,
    secretKey: derivedKey('secrets of clients'),
    requestKey: derivedKey('digests of requests'),
    services: { auth: settings.AUTH_URL, directory: settings.DIRECTORY_URL, audit: settings.AUDIT_URL },
  },
)

const stopping = new AbortController()
drainOnExit({
  app,
  log,
  graceMs: settings.DRAIN_GRACE,
  closers: {
    denials: denials.stop,
    startUp: () => stopping.abort(),
    signing: signing.stop,
    knownClients: knownClients.stop,
    limits: limits.stop,
    usage: usage.stop,
    calls: calls.stop,
    purging: purging.stop,
    replay: replay.stop,
    remnants: remnants.stop,
    reconciler: reconciler.stop,
    relay: relay.stop,
    revocations: revocations.stop,
    token: token.stop,
    auditToken: auditToken.stop,
    directoryToken: directoryToken.stop,
    database: db.close,
    nats: nats.close,
    tracing: tracing.stop,
  },
})
await app.listen({ host: settings.HOST, port: settings.PORT })

// The database may come later than the service, which says until then what it isn't ready for.
await pRetry(signing.turn, {
  retries: Number.POSITIVE_INFINITY,
  minTimeout: 100,
  maxTimeout: 5000,
  signal: stopping.signal,
  onFailedAttempt: ({ error }) => log.warn({ err: error }, 'loading the signing key failed; trying again'),
})
