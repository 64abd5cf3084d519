import { askAudit } from '@gatehouse/client/ask-audit'
import { askAuth } from '@gatehouse/client/ask-auth'
import { serviceToken } from '@gatehouse/client/service-token'
import { loadSettings } from '@gatehouse/config/load-settings'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect } from '@gatehouse/db/connect'
import { databaseMetrics } from '@gatehouse/db/database-metrics'
import { consume } from '@gatehouse/events/consumer'
import { consumerMetrics } from '@gatehouse/events/consumer-metrics'
import { recordDenials, toOutbox } from '@gatehouse/events/denials'
import { noteGone } from '@gatehouse/events/erasure-ledger'
import { feedMetrics } from '@gatehouse/events/feed-metrics'
import { connectNats } from '@gatehouse/events/nats'
import { outboxMetrics } from '@gatehouse/events/outbox-metrics'
import { startPurge as startClearing } from '@gatehouse/events/purging'
import { startReconciler } from '@gatehouse/events/reconciler'
import { startRelay } from '@gatehouse/events/relay'
import { startClearingRemnants } from '@gatehouse/events/remnants'
import { replayErasures } from '@gatehouse/events/replay-erasures'
import { followRevocations } from '@gatehouse/events/revocation'
import { drainOnExit } from '@gatehouse/http/drain'
import { createLogger } from '@gatehouse/http/logging'
import { createSeal, derivedKeys } from '@gatehouse/keys/seal'
import { mailMetrics } from '@gatehouse/mail/mail-metrics'
import { startMailer } from '@gatehouse/mail/mailer'
import { createMailQueue } from '@gatehouse/mail/mails'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { buildApp, deleteWhoAsked } from './app.ts'
import { Settings } from './config.ts'
import { dataMap } from './data-map.ts'
import { noteSignIns } from './people/note-sign-ins.ts'
import { createAuthoriseErasure } from './privacy/ask-auth-to-authorise.ts'
import { eraseAgain, noteEverybodyGone } from './privacy/erase-again.ts'
import { createEraseElsewhere } from './privacy/erase-elsewhere.ts'
import type { ErasureDeps } from './privacy/run-erasures.ts'
import { createOtherSources } from './privacy/sources.ts'
import { startErasures } from './privacy/start-erasures.ts'
import { startPurge } from './tenants/purge-tenants.ts'

const service = 'directory'
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
const seal = createSeal(...settings.KEY_ENCRYPTION_KEY)
const account = { authUrl: settings.AUTH_URL, serviceName: service, serviceSecret: settings.SERVICE_SECRET }
const token = serviceToken({ ...account, audience: 'auth' })
const auditToken = serviceToken({ ...account, audience: 'audit' })
const gatewayToken = serviceToken({ ...account, audience: 'partner-gateway' })
const { exchange, introspect, narrow } = askAuth({ authUrl: settings.AUTH_URL, token, service })
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
const erasing: ErasureDeps = {
  db,
  log,
  deletePerson: deleteWhoAsked,
  eraseElsewhere: createEraseElsewhere({
    auth: { baseUrl: settings.AUTH_URL, token },
    'partner-gateway': { baseUrl: settings.PARTNER_GATEWAY_URL, token: gatewayToken },
    audit: { baseUrl: settings.AUDIT_URL, token: auditToken },
  }),
  noteGone: (gone) => noteGone(nats, gone),
  clearRemnants: remnants.clear,
}
const erasures = startErasures(erasing)
const replay = replayErasures({
  nats,
  log,
  eraseAgain: (digests) => eraseAgain(erasing, digests),
  afterwards: () => noteEverybodyGone(erasing),
})
const denials = recordDenials({ service, write: toOutbox(db), log })
const mailer = startMailer<never>({
  db,
  log,
  seal,
  compose: async () => undefined,
  smtp: { url: settings.SMTP_URL, from: settings.MAIL_FROM },
})
const signIns = consume({
  nats,
  stream: 'IDENTITY',
  durable: 'directory',
  handle: (events) => noteSignIns(db, events),
  log,
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
      isRevoked: revocations.isRevoked,
      isFresh: revocations.fresh,
      exchange,
      introspect,
    },
    readiness: {
      database: db.ping,
      erasures: replay.isDone,
    },
    // Without them events wait in the outbox, and auth is asked about each token.
    spared: { nats: nats.ping, revocations: revocations.fresh },
    metrics: {
      ...databaseMetrics(db),
      ...feedMetrics(nats, revocations),
      ...outboxMetrics(relay, reconciler),
      ...consumerMetrics('directory', signIns),
      ...mailMetrics(mailer),
      erasures_overdue: {
        help: 'How many erasure requests should have been completed for an hour: any is worth an alert.',
        read: erasures.overdue,
      },
    },
    onDenied: denials.note,
  },
  {
    db,
    queueMail: createMailQueue(seal, () => mailer.expect()),
    requestKey: derivedKeys(settings.KEY_ENCRYPTION_KEY, 'digests of requests')[0],
    linksUrl: settings.LINKS_URL,
    otherSources: createOtherSources(narrow, {
      auth: settings.AUTH_URL,
      audit: settings.AUDIT_URL,
      'partner-gateway': settings.PARTNER_GATEWAY_URL,
    }),
    authoriseErasure: createAuthoriseErasure({ narrow, authUrl: settings.AUTH_URL }),
    erasureGraceMs: settings.ERASURE_GRACE,
    hurryErasures: erasures.hurry,
  },
)

const purge = startPurge(db, settings.TENANT_GRACE, log)
const clearing = startClearing({ db, log, dataMap })

drainOnExit({
  app,
  log,
  graceMs: settings.DRAIN_GRACE,
  closers: {
    signIns: signIns.stop,
    purge: purge.stop,
    clearing: clearing.stop,
    replay: replay.stop,
    erasures: erasures.stop,
    mailer: mailer.stop,
    denials: denials.stop,
    remnants: remnants.stop,
    reconciler: reconciler.stop,
    relay: relay.stop,
    revocations: revocations.stop,
    token: token.stop,
    auditToken: auditToken.stop,
    gatewayToken: gatewayToken.stop,
    database: db.close,
    nats: nats.close,
    tracing: tracing.stop,
  },
})
await app.listen({ host: settings.HOST, port: settings.PORT })
