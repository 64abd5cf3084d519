import { loadSettings } from '@gatehouse/config/load-settings'
import { Problem } from '@gatehouse/contracts/problem'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect } from '@gatehouse/db/connect'
import { databaseMetrics } from '@gatehouse/db/database-metrics'
import { consume } from '@gatehouse/events/consumer'
import { consumerMetrics } from '@gatehouse/events/consumer-metrics'
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
import { mailMetrics } from '@gatehouse/mail/mail-metrics'
import { startMailer } from '@gatehouse/mail/mailer'
import { createMailQueue, createRequestQueue } from '@gatehouse/mail/mails'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { createThrottle } from '@gatehouse/throttle/throttle'
import { throttleMetrics } from '@gatehouse/throttle/throttle-metrics'
import pRetry from 'p-retry'
import { buildApp, completionOf, type Deps, departuresOf } from './app.ts'
import { createAskAudit } from './audit.ts'
import { applyBootstrap, readBootstrap } from './bootstrap.ts'
import { Settings } from './config.ts'
import { dataMap } from './data-map.ts'
import { isToldOtherwise } from './denials.ts'
import { forgetAgain } from './departures/follow-departures.ts'
import { createDirectory } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { createLinks } from './links.ts'
import { createNotify, createWriteNotice } from './notices/notify.ts'
import type { ResetRequest } from './notify.ts'
import { createExaminePartner } from './partner-gateway.ts'
import { passwordMetrics } from './password-metrics.ts'
import { checkNewPassword } from './passwords/strength.ts'
import { writeReset } from './passwords/write-reset.ts'
import { createPasswords } from './passwords.ts'
import { reconcileRegistrations } from './registrations/reconcile-registrations.ts'
import { partnerIssuerOf } from './tokens/trusted-issuers.ts'

const service = 'auth'
const settings = loadSettings(Settings)
const bootstrap =
  settings.BOOTSTRAP_FILE === undefined ? undefined : await readBootstrap(settings.BOOTSTRAP_FILE)
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

const expectMail = () => mailer.expect()
const links = createLinks(settings.LINKS_URL)
const issuer = createIssuer(settings.ISSUER)
const { findMissing, findRemnants } = createAskAudit(settings.AUDIT_URL, issuer)
const reconciler = startReconciler({ db, nats, log, findMissing, everyMs: settings.RECONCILE_EVERY })
const relay = startRelay({ db, nats, log, onStreamLost: reconciler.hurry })
const remnants = startClearingRemnants({ db, log, ask: findRemnants })
const replay = replayErasures({ nats, log, eraseAgain: (digests) => forgetAgain(db, digests) })
const denials = recordDenials({ service, write: toOutbox(db), log })
const directory = createDirectory(settings.DIRECTORY_URL, issuer)
const passwords = await createPasswords({
  pepper: settings.PASSWORD_PEPPER,
  previousPepper: settings.PASSWORD_PEPPER_PREVIOUS,
  cost: settings.BCRYPT_COST,
})
const seal = createSeal(...settings.KEY_ENCRYPTION_KEY)
const derived = (purpose: string) => derivedKeys(settings.KEY_ENCRYPTION_KEY, purpose)

const deps: Deps = {
  policy: {
    registration: settings.REGISTRATION,
    emailVerification: settings.EMAIL_VERIFICATION,
    disclosesTakenEmail: settings.REGISTER_DISCLOSES_TAKEN_EMAIL,
  },
  db,
  directory,
  issuer,
  passwords,
  refreshKeys: derived('refresh token successors'),
  sessionTimes: {
    lifeMs: settings.SESSION_LIFE,
    idleMs: settings.SESSION_IDLE_LIFE,
    graceMs: settings.REFRESH_GRACE,
  },
  apiKeySecret: derived('secrets of api keys')[0],
  requestKey: derived('digests of requests')[0],
  throttle: createThrottle(db),
  clearRemnants: remnants.clear,
  partnerIssuer: partnerIssuerOf(settings.PARTNER_ISSUER, settings.PARTNER_JWKS_URL),
  examinePartner: settings.PARTNER_GATEWAY_URL
    ? createExaminePartner(settings.PARTNER_GATEWAY_URL, issuer)
    : undefined,
  serviceTokenNetworks: settings.SERVICE_TOKEN_NETWORKS,
  links,
  seal,
  socialLogin: settings,
  notify: createNotify({ queueMail: createMailQueue(seal, expectMail), links }),
  queueReset: createRequestQueue(seal, expectMail),
}
const writeNotice = createWriteNotice(links)
const mailer = startMailer<ResetRequest>({
  db,
  log,
  seal,
  compose: (request) => writeReset({ ...deps, writeNotice }, request),
  smtp: { url: settings.SMTP_URL, from: settings.MAIL_FROM },
})
const departures = consume({
  nats,
  stream: 'IDENTITY',
  durable: 'auth',
  handle: departuresOf(deps),
  log,
})

let isBootstrapped = false

const app = buildApp(
  {
    service,
    version: apiVersion,
    log,
    trustedProxies: settings.TRUSTED_PROXIES,
    authentication: {
      issuer: settings.ISSUER,
      audiences: ['gatehouse', service],
      keys: () => publishedKeys(db),
      isRevoked: revocations.isRevoked,
      isFresh: revocations.fresh,
    },
    readiness: {
      database: db.ping,
      erasures: replay.isDone,
      signingKey: issuer.hasKey,
      bootstrap: () => isBootstrapped,
    },
    // Without them events wait in the outbox, and auth is asked about each token.
    spared: { nats: nats.ping, revocations: revocations.fresh },
    metrics: {
      ...databaseMetrics(db),
      ...feedMetrics(nats, revocations),
      ...outboxMetrics(relay, reconciler),
      ...consumerMetrics('auth', departures),
      ...mailMetrics(mailer),
      ...throttleMetrics(deps.throttle),
      ...passwordMetrics(passwords),
    },
    onDenied: (denial) => isToldOtherwise(denial) || denials.note(denial),
  },
  deps,
)

const registrations = reconcileRegistrations(completionOf(deps), log)
const signing = followSigningKey({
  db,
  signer: issuer,
  log,
  seal,
  periodSeconds: settings.KEY_ROTATION / 1_000,
  onCreated: tellOfKey,
})
const purging = startPurge({ db, log, dataMap })
const stopping = new AbortController()
drainOnExit({
  app,
  log,
  graceMs: settings.DRAIN_GRACE,
  closers: {
    startUp: () => stopping.abort(),
    registrations: registrations.stop,
    purging: purging.stop,
    departures: departures.stop,
    mailer: mailer.stop,
    signing: signing.stop,
    denials: denials.stop,
    replay: replay.stop,
    remnants: remnants.stop,
    reconciler: reconciler.stop,
    relay: relay.stop,
    revocations: revocations.stop,
    database: db.close,
    nats: nats.close,
    tracing: tracing.stop,
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
    // A password that is easy to guess stays so: the process ends, and says what is wrong with it.
    shouldRetry: ({ error }) => !(error instanceof Problem && error.status === 400),
    onFailedAttempt: ({ error }) => log.warn({ err: error }, `${what} failed; trying again`),
  })

await untilDone('loading the signing key', signing.turn)
if (bootstrap) {
  const entering = { db, directory, passwords, checkNewPassword }
  await untilDone('the bootstrap', () => applyBootstrap(entering, bootstrap))
}
isBootstrapped = true
