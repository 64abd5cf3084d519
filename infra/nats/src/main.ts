import { exit } from 'node:process'
import { loadSettings } from '@gatehouse/config/load-settings'
import { keepStreams } from '@gatehouse/events/keep-streams'
import { connectNats } from '@gatehouse/events/nats'
import { ensureStreams } from '@gatehouse/events/streams'
import { createLogger } from '@gatehouse/http/logging'
import pRetry from 'p-retry'
import { Settings } from './config.ts'

// Brings the streams of NATS to what they have to be when it starts, which is with each release, and from then on makes
// again what is missing. One is enough: services need it only when NATS is new, or has lost something.
const service = 'provisioner'
const settings = loadSettings(Settings)
const log = createLogger({ service, level: settings.LOG_LEVEL })
const nats = connectNats({
  url: settings.NATS_URL,
  user: settings.NATS_USER,
  password: settings.NATS_PASSWORD,
  service,
  log,
})
const options = { replicas: settings.STREAM_REPLICAS, maxBytes: settings.STREAM_MAX_MIB * 1024 ** 2 }

// Every change is one request, so nothing can be left half done; and the first process of a container has to ask for the signal.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => exit(0))

// A cluster that has just started has no leader yet, and refuses.
await pRetry(() => ensureStreams(nats, options), {
  retries: Number.POSITIVE_INFINITY,
  minTimeout: 100,
  maxTimeout: 5000,
  onFailedAttempt: ({ error }) => log.warn({ err: error }, 'making the streams failed; trying again'),
})
log.info(options, 'the streams are as they have to be')
keepStreams({ nats, log, ...options })
