import { formatInclusion, parseInclusion } from '@gatehouse/ledger/inclusion-text'
import { leafBytes, parseLeaf } from '@gatehouse/ledger/leaf'
import { hashLeaf } from '@gatehouse/ledger/tree'
import { expect, test } from 'vitest'
import { createSigner, Ledger, proofOf } from './harness.ts'
import { verifyProof } from './verify-proof.ts'

const ledger = new Ledger(40)
const keys = [ledger.signer.key]

test('a proof shows its entry, and the checkpoint that it leads to', () => {
  expect(verifyProof(proofOf(ledger, 17), keys)).toMatchObject({
    verdict: 'good',
    leaf: { index: 17, tenantId: ledger.tenantId, action: 'user.updated.17' },
    checkpoint: { size: 40, origin: ledger.origin },
  })
})

test('a proof of an entry that was changed proves nothing', () => {
  const parts = parseInclusion(proofOf(ledger, 17))
  const leaf = leafBytes({ ...parseLeaf(parts.leaf), action: 'user.read' })
  const { verdict, problem } = verifyProof(formatInclusion({ ...parts, leaf }), keys) as {
    verdict: string
    problem: string
  }
  expect({ verdict, problem }).toEqual({
    verdict: 'tampered',
    problem: 'The proof does not lead from the entry to the root at 40 entries.',
  })
})

test.each([
  ['place', { index: 18 }],
  ['ledger', { tenantId: crypto.randomUUID() }],
])('an entry that says to be of another %s than where it is proves nothing', (_, otherwise) => {
  const odd = new Ledger(40)
  const leaf = leafBytes({ ...parseLeaf(parseInclusion(proofOf(odd, 17)).leaf), ...otherwise })
  odd.leafHashes[17] = hashLeaf(leaf)
  const text = formatInclusion({ ...parseInclusion(proofOf(odd, 17)), leaf })
  expect(verifyProof(text, [odd.signer.key])).toMatchObject({
    verdict: 'tampered',
    problem: expect.stringContaining('of another place than 17'),
  })
})

test('a proof that nobody known signed proves nothing', () => {
  expect(verifyProof(proofOf(ledger, 17), [createSigner().key]).verdict).toBe('tampered')
})

test.each([
  ['is no proof', 'c2sp.org/tlog-proof@v1\n'],
  ['has no checkpoint', proofOf(ledger, 17).replace('\n— ', '\n- ')],
  ['has no leaf', proofOf(ledger, 17).replace(/extra .*/, 'extra AAAA')],
])('what %s could not be checked', (_, text) => {
  expect(verifyProof(text, keys).verdict).toBe('unchecked')
})
