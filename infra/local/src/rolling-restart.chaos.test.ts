import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startPlatform } from './platform.ts'
import { restartEach, startTraffic } from './rolling/harness.ts'

const rounds = 5

test('F10: every service is restarted five times over, one instance after the other, and of 20,000 requests none fails', {
  timeout: 60 * 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-rolling-'))
  const platform = await startPlatform({
    folder,
    durable: false,
    instances: 2,
    env: { DRAIN_GRACE: '5s' },
  })
  try {
    const traffic = await startTraffic(platform, 8)
    const endings = []
    for (let round = 0; round < rounds; round++) endings.push(...(await restartEach(platform)))
    await traffic.reach(20_000)
    const { sent, failures } = await traffic.stop()
    process.stdout.write(`${sent} requests, ${failures.length} failed, ${endings.length} restarts\n`)
    expect(failures).toEqual([])
    expect(endings.filter(({ how }) => how !== 'exit code 0')).toEqual([])
    expect(Math.max(...endings.map(({ ms }) => ms))).toBeLessThan(20_000)
  } finally {
    await platform.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
