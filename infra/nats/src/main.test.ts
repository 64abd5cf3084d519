import { join } from 'node:path'
import { execPath } from 'node:process'
import { password, startOwnNats } from '@gatehouse/events/harness'
import { startChild } from '@gatehouse/local/processes/child'
import { expect, onTestFinished, test, vi } from 'vitest'

const soon = { timeout: 15_000, interval: 20 }
const main = join(import.meta.dirname, 'main.ts')

async function startProvisioner(url: string) {
  const child = await startChild({
    command: execPath,
    args: [main],
    env: { NATS_URL: url, NATS_USER: 'provisioner', NATS_PASSWORD: password, STREAM_MAX_MIB: '128' },
    stopSignal: 'TERM',
    onLine: () => {},
  })
  onTestFinished(() => child.stop(2_000))
  return child
}

test('brings the streams to what its settings say, makes again what somebody deletes, and ends when asked to', async () => {
  const { url, manager } = await startOwnNats()
  const { streams } = await manager()
  const maxBytesOf = async (stream: string) => (await streams.info(stream)).config.max_bytes
  const provisioner = await startProvisioner(url)
  await vi.waitFor(async () => expect(await maxBytesOf('IDENTITY')).toBe(128 * 1024 ** 2), soon)

  await streams.delete('DEAD_LETTERS')
  await vi.waitFor(async () => expect(await maxBytesOf('DEAD_LETTERS')).toBe(32 * 1024 ** 2), soon)

  provisioner.signal('SIGTERM')
  expect(await provisioner.ended).toBe('exit code 0')
})

test('waits for a NATS that is not there yet', async () => {
  const { url, kill, start, empty, manager } = await startOwnNats()
  await kill()
  await empty()
  await startProvisioner(url)
  await start()
  await vi.waitFor(async () => expect(await (await manager()).streams.info('IDENTITY')).toBeDefined(), soon)
})
