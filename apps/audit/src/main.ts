import { askAuth } from '@gatehouse/client/ask-auth'
import { serviceToken } from '@gatehouse/client/service-token'
import { loadSettings } from '@gatehouse/config/load-settings'
import { apiVersion } from '@gatehouse/contracts/version'
import { connect } from '@gatehouse/db/connect'
import { databaseMetrics } from '@gatehouse/db/database-metrics'
import { inPlatform } from '@gatehouse/db/tenant'
import { auditBacklog } from '@gatehouse/events/audit-backlog'
import { consume } from '@gatehouse/events/consumer'
import { consumerMetrics } from '@gatehouse/events/consumer-metrics'
import { recordDenials } from '@gatehouse/events/denials'
import { feedMetrics } from '@gatehouse/events/feed-metrics'
import { createLastWords } from '@gatehouse/events/last-words'
import { connectNats } from '@gatehouse/events/nats'
import { startPurge } from '@gatehouse/events/purging'
import { replayErasures } from '@gatehouse/events/replay-erasures'
import { followRevocations } from '@gatehouse/events/revocation'
import { drainOnExit } from '@gatehouse/http/drain'
import { createLogger } from '@gatehouse/http/logging'
import { createSeal, derivedKeys } from '@gatehouse/keys/seal'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { buildApp } from './app.ts'
import { ledgerNameOf, Settings } from './config.ts'
import { dataMap } from './data-map.ts'
import { toLog } from './denials.ts'
import { startLooking } from './gaps/look-for-gaps.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import { signingMetrics } from './ledger/signing-metrics.ts'
import { startSigning } from './ledger/start-signing.ts'
import { keepAhead } from './partitions.ts'
import { startErasingMessages } from './privacy/erase-messages.ts'
import { forgetAgain } from './privacy/forget.ts'
import { createRecording } from './recording/create-recording.ts'
import { recordEvents } from './recording/record-events.ts'
import { startDropping } from './retention/drop-past-entries.ts'
import { createSubjectKeys } from './subject-keys.ts'

const service = 'audit'
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
const seal = createSeal(...settings.KEY_ENCRYPTION_KEY)
const keys = createSubjectKeys(seal)
const recording = createRecording({ db, seal, keys })
const purging = startPurge({ db, log, dataMap })
const dropping = startDropping(settings.AUDIT_RETENTION ?? null, { ...recording, keys }, log)
const gaps = startLooking(db, log)
const ahead = keepAhead(recording.partitions, log)
const consumer = consume({
  nats,
  stream: 'IDENTITY',
  durable: 'audit',
  handle: (events) => recordEvents(recording, events),
  deadLetter: (letter) => inPlatform(db, (tx) => recording.deadLetters.layAside(tx, [letter])),
  log,
})
const denials = recordDenials({ service, write: toLog(recording), log })
const checkpointKeys = createCheckpointKeys({ db, seal, name: ledgerNameOf(settings.ISSUER) })
const signer = startSigning({
  db,
  keys: checkpointKeys,
  memory: createLastWords({ nats, stream: 'CHECKPOINTS', prefix: 'checkpoint' }),
  log,
})
const messages = startErasingMessages({ db, nats, log })
const replay = replayErasures({
  nats,
  log,
  kinds: ['person', 'along'],
  eraseAgain: (digests) => forgetAgain(db, digests),
})
const revocations = followRevocations({ nats, log })
const token = serviceToken({
  authUrl: settings.AUTH_URL,
  serviceName: service,
  serviceSecret: settings.SERVICE_SECRET,
  audience: 'auth',
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
      ...askAuth({ authUrl: settings.AUTH_URL, token, service }),
    },
    metrics: {
      ...databaseMetrics(db),
      ...feedMetrics(nats, revocations),
      ...consumerMetrics('audit', consumer),
      ...signingMetrics(signer),
      audit_dead_letters_total: {
        help: 'How many messages this process has laid aside, also such as are events and can be no entry: each is worth a look.',
        read: recording.deadLetters.count,
      },
      audit_missing_changes: {
        help: 'How many changes are not in the log though the one after them has been for a minute, up to 1,000.',
        read: gaps.missing,
      },
    },
    readiness: {
      database: db.ping,
      erasures: replay.isDone,
    },
    // Without them events wait where they are, and auth is asked about each token.
    spared: { nats: nats.ping, revocations: revocations.fresh },
    onDenied: denials.note,
  },
  {
    log: { ...recording, keys },
    checkpointKeys,
    messages,
    requestKey: derivedKeys(settings.KEY_ENCRYPTION_KEY, 'digests of requests')[0],
    backlog: () => auditBacklog(nats),
    retention: {
      leastDays: settings.AUDIT_RETENTION_MIN,
      mostDays: settings.AUDIT_RETENTION_MAX ?? null,
    },
  },
)

drainOnExit({
  app,
  log,
  graceMs: settings.DRAIN_GRACE,
  closers: {
    consumer: consumer.stop,
    denials: denials.stop,
    signer: signer.stop,
    messages: messages.stop,
    replay: replay.stop,
    ahead: ahead.stop,
    purging: purging.stop,
    dropping: dropping.stop,
    gaps: gaps.stop,
    revocations: revocations.stop,
    token: token.stop,
    database: db.close,
    nats: nats.close,
    tracing: tracing.stop,
  },
})
await app.listen({ host: settings.HOST, port: settings.PORT })
