import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstream } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { eraseMessages } from './erase-message.ts'
import { auditOf, type OwnNats, startOwnNats } from './harness.ts'

async function publish(nats: OwnNats, eventId: string, text: string) {
  const own = headers()
  own.set('Nats-Msg-Id', eventId)
  const js = jetstream(await nats.as('auth').connection())
  return (await js.publish('identity.auth.thing.happened', text, { headers: own })).seq
}

/** Those of some strings that are in any file of the server. */
async function onDisk({ folder }: OwnNats, needles: readonly string[]) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  )
  return needles.filter((needle) => texts.some((text) => text.includes(needle)))
}

test("G1: an erased message is in no file of the server's any more, and those around it stay as they are", async () => {
  const nats = await startOwnNats()
  const texts = Array.from({ length: 5 }, () => `canary-${crypto.randomUUID()}`)
  const ids = texts.map(() => crypto.randomUUID())
  const sequences: number[] = []
  for (const [n, text] of texts.entries()) sequences.push(await publish(nats, `${ids[n]}`, text))
  expect(await onDisk(nats, texts)).toEqual(texts)

  const erased = [1, 3, 4].map((n) => ({ sequence: sequences[n] ?? 0, eventId: `${ids[n]}` }))
  const audit = nats.as('audit')
  await eraseMessages(audit, erased)
  await eraseMessages(audit, erased)
  expect(await onDisk(nats, texts)).toEqual([texts[0], texts[2]])

  const arrived: string[] = []
  const { isHealthy } = auditOf(audit, {
    deadLetter: async ({ body }) => void arrived.push(`${Buffer.from(body)}`),
  })
  await expect.poll(() => arrived, { timeout: 10_000 }).toEqual([texts[0], texts[2]])
  expect(isHealthy()).toBe(true)
})

test('a message that tells of another event than was meant is left alone: the stream may have been made anew', async () => {
  const nats = await startOwnNats()
  const text = `canary-${crypto.randomUUID()}`
  const sequence = await publish(nats, crypto.randomUUID(), text)
  await eraseMessages(nats.as('audit'), [{ sequence, eventId: crypto.randomUUID() }])
  await eraseMessages(nats.as('audit'), [{ sequence: sequence + 100, eventId: crypto.randomUUID() }])
  expect(await onDisk(nats, [text])).toEqual([text])
})
