import { setTimeout as sleep } from 'node:timers/promises'
import { drainOnExit } from './drain.ts'
import { createLogger } from './logging.ts'
import { createServer } from './server.ts'

// A service as a process of its own, for what only a process can be tested with. Its argument is a JSON of times.
const { graceMs = 0, deadlineMs = 20_000, slowMs = 0, stuck = false } = JSON.parse(process.argv[2] ?? '{}')

const open = { config: { access: 'public' }, schema: { hide: true } } as const
const log = createLogger({ service: 'example', level: 'info' })
const app = createServer({
  service: 'example',
  version: '1',
  log,
  authentication: {
    issuer: 'https://issuer.test',
    audiences: ['example'],
    keys: async () => [],
    isRevoked: () => false,
  },
})
app.get('/api/fast', open, async () => ({ fast: true }))
app.get('/api/slow', open, async () => {
  log.info('slow request began')
  await sleep(slowMs)
  return { slow: true }
})
app.post('/api/reject', open, async () => {
  setImmediate(() => void Promise.reject(new Error('nobody caught this')))
  return {}
})
drainOnExit({
  app,
  log,
  graceMs,
  deadlineMs,
  closers: {
    consumer: () => sleep(20),
    relay: () => Promise.reject(new Error('the relay is stuck')),
    pool: () => (stuck ? new Promise(() => {}) : undefined),
    nats: async () => {},
  },
})
await app.listen({ port: 0, host: '127.0.0.1' })
