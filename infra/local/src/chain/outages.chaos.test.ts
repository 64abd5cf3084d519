import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Attempt, type Chain, expectWhole, load, recordedOf, startChain } from './harness.ts'

// Long outages under load, with figures; not among the tests of every day: `pnpm chaos`.
const outageMs = 10 * 60_000
const limit = { timeout: 3 * outageMs }
/** Two of them make some 60 changes a second on two cores. */
const clients = 2

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain?.stop())

const say = (line: string) => process.stdout.write(`${line}\n`)

const p99 = (attempts: readonly Attempt[]) =>
  attempts.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(attempts.length * 0.99)] ?? 0

test(
  'F3: NATS answers nobody for ten minutes: nobody gets an error, and what happened is in the log within a minute',
  limit,
  async () => {
    const { attempts, stop } = load(chain, clients)
    await delay(30_000)
    const before = attempts.length
    const pid = chain.platform.nats?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    await delay(outageMs)
    const during = attempts.slice(before)
    process.kill(pid, 'SIGCONT')
    await stop()
    const since = performance.now()
    expect(attempts.filter(({ status }) => status === 0 || status >= 300)).toEqual([])
    await expectWhole(chain, attempts, 60_000)
    say(
      `${(during.length / outageMs) * 1000} changes a second; p99 ${p99(attempts.slice(0, before))} ms before, ${p99(during)} ms during`,
    )
    say(`in the log ${performance.now() - since} ms after NATS was back`)
  },
)

test(
  'F6: audit does nothing for ten minutes, and catches up with 500 events a second or more',
  limit,
  async () => {
    const { audit } = chain.platform.services
    const { pid } = audit
    const { stop } = load(chain, clients)
    process.kill(pid, 'SIGSTOP')
    const before = (await recordedOf(chain)).length
    await delay(outageMs)
    const attempts = await stop()
    process.kill(pid, 'SIGCONT')
    const since = performance.now()
    await vi.waitFor(
      async () => expect((await recordedOf(chain)).length).toBeGreaterThanOrEqual(before + attempts.length),
      { timeout: outageMs, interval: 100 },
    )
    const rate = (attempts.length / (performance.now() - since)) * 1000
    say(`caught up with ${attempts.length} events, ${rate} a second`)
    expect(audit.pid).toBe(pid)
    expect(rate).toBeGreaterThan(500)
    await expectWhole(chain, attempts)
  },
)
