import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from '@gatehouse/http/server'
import { serverOptions } from '@gatehouse/testing/server-options'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { harness } from '../harness.ts'
import { entryRoutes } from './routes.ts'

const { recording, keys, issuer, as } = await harness()
const chunk = `${'x'.repeat(65_535)}\n`
const soon = { timeout: 30_000, interval: 100 }

/** How many chunks of an export without an end were taken, and whether it was ended. */
const taken = { chunks: 0, isEnded: false }
async function* endless() {
  try {
    for (;;) {
      taken.chunks += 1
      yield chunk
    }
  } finally {
    taken.isEnded = true
  }
}

const app = createServer(serverOptions('audit', issuer))
app.register(entryRoutes, {
  log: { ...recording, keys },
  requestKey: randomBytes(32),
  exportLedger: async () => endless(),
})
await app.listen({ host: '127.0.0.1', port: 0 })
afterAll(() => app.close())

test('an export is read no further than its reader takes it, holds no memory meanwhile, and ends when they go away', async () => {
  const { authorization } = await as({ permissions: ['audit:read'] })
  const { port } = app.server.address() as AddressInfo
  const reader = connect(port, '127.0.0.1')
  onTestFinished(() => void reader.destroy())
  reader.write(
    `GET /api/audit-logs/export HTTP/1.1\r\nhost: audit\r\nauthorization: ${authorization}\r\n\r\n`,
  )
  const [head] = await once(reader, 'data')
  expect(`${head}`).toContain('HTTP/1.1 200')
  reader.pause()

  let before = -1
  const isAtRest = () => {
    const isSame = taken.chunks === before
    before = taken.chunks
    expect(isSame).toBe(true)
  }
  await vi.waitFor(isAtRest, soon)
  // What the system holds of a connection is a few megabytes, whatever is behind it.
  expect(taken.chunks).toBeLessThan(500)
  const resting = taken.chunks
  reader.resume()
  await vi.waitFor(() => expect(taken.chunks).toBeGreaterThan(resting + 1_000), soon)
  expect(taken.isEnded).toBe(false)
  reader.destroy()
  await vi.waitFor(() => expect(taken.isEnded).toBe(true), soon)
})
