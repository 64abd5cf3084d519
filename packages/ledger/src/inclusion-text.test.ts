import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { signCheckpoint } from './checkpoint.ts'
import { createDefinition, leafOf } from './harness.ts'
import { formatInclusion, parseInclusion } from './inclusion-text.ts'
import { leafBytes } from './leaf.ts'
import { createVerifierKey } from './signed-note.ts'

const parts = {
  index: 5,
  proof: createDefinition().path(5, 12),
  leaf: leafOf(5),
  checkpoint: 'example.com/log\n12\nroot\n\n— example.com/log signature\n',
}

test('a proof reads as it was written', () => {
  expect(parseInclusion(formatInclusion(parts))).toEqual(parts)
  const alone = { ...parts, index: 0, proof: [] }
  expect(parseInclusion(formatInclusion(alone))).toEqual(alone)
})

test('it is written as tlog-proof has it', () => {
  const lines = formatInclusion(parts).split('\n')
  expect(lines.slice(0, 3)).toEqual([
    'c2sp.org/tlog-proof@v1',
    `extra ${leafOf(5).toString('base64')}`,
    'index 5',
  ])
  expect(lines.slice(3, 3 + parts.proof.length)).toEqual(parts.proof.map((hash) => hash.toString('base64')))
  expect(lines[3 + parts.proof.length]).toBe('')
  expect(lines.slice(4 + parts.proof.length).join('\n')).toBe(parts.checkpoint)
})

test('a proof among a million entries takes less than 2 KB', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signer = { key: createVerifierKey('id.example.com/audit', publicKey), privateKey }
  const tenantId = crypto.randomUUID()
  const [index, size, hash] = [999_999, 1_000_000, Buffer.alloc(32)]
  const commitment = hash.toString('base64')
  const leaf = leafBytes({
    tenantId,
    index,
    id: crypto.randomUUID(),
    occurredAt: '2026-11-25T08:00:00.000Z',
    service: 'partner-gateway',
    actorType: 'partner_client',
    actorId: crypto.randomUUID(),
    action: 'oauth_client.secret_rotated',
    resource: 'oauth_client',
    resourceId: crypto.randomUUID(),
    correlationId: crypto.randomUUID(),
    originCommitment: commitment,
    detailsCommitment: commitment,
  })
  const checkpoint = signCheckpoint({ origin: `id.example.com/audit/${tenantId}`, size, root: hash }, [
    signer,
  ])
  const proof = Array<Buffer>(20).fill(hash)
  expect(formatInclusion({ index, proof, leaf, checkpoint }).length).toBeLessThan(2_048)
})

const text = formatInclusion(parts)
test.each([
  ['of another version', text.replace('@v1', '@v2')],
  ['without the leaf', text.replace(/extra .*\n/, '')],
  ['whose leaf is no base64', text.replace(/extra .*\n/, 'extra ???\n')],
  ['without an index', text.replace('index 5\n', '')],
  ['whose index has a leading zero', text.replace('index 5', 'index 05')],
  ['whose index is no integer', text.replace('index 5', 'index 9007199254740993')],
  ['with a hash of another length', text.replace(/index 5\n.*\n/, 'index 5\nAAAA\n')],
  ['with a hash that is no base64', text.replace(/index 5\n.*\n/, 'index 5\n???\n')],
  ['without a checkpoint', text.slice(0, text.indexOf('\n\n') + 1)],
])('a text %s is no proof', (_, refused) => {
  expect(() => parseInclusion(refused)).toThrow(TypeError)
})
