import { openCheckpoint } from '@gatehouse/ledger/checkpoint'
import { verifyConsistency } from '@gatehouse/ledger/consistency'
import { verifyInclusion } from '@gatehouse/ledger/inclusion'
import { parseInclusion } from '@gatehouse/ledger/inclusion-text'
import { parseVerifierKey, type VerifierKey } from '@gatehouse/ledger/signed-note'
import { hashLeaf } from '@gatehouse/ledger/tree'
import type { Person } from './person.ts'

/** The keys of all checkpoints. */
export async function keysFrom({ call }: Person): Promise<VerifierKey[]> {
  const { text } = await call('/audit-logs/keys')
  return text.trim().split('\n').map(parseVerifierKey)
}

/** Whether a proof shows its entry to be in a ledger that was signed. */
export function isProven(text: string, keys: readonly VerifierKey[]): boolean {
  const { index, proof, leaf, checkpoint } = parseInclusion(text)
  const { size, root } = openCheckpoint(checkpoint, keys)
  return verifyInclusion({ index, size, leafHash: hashLeaf(leaf), proof, root })
}

/** Whether the ledger that was signed has only grown until now. */
export async function hasOnlyGrown(
  { call }: Person,
  before: string,
  keys: readonly VerifierKey[],
): Promise<boolean> {
  const earlier = openCheckpoint(before, keys)
  const later = openCheckpoint((await call('/audit-logs/checkpoint')).text, keys)
  const { json } = await call(`/audit-logs/consistency?from=${earlier.size}&to=${later.size}`)
  return verifyConsistency({
    from: earlier.size,
    to: later.size,
    fromRoot: earlier.root,
    toRoot: later.root,
    proof: json.proof.map((hash: string) => Buffer.from(hash, 'base64')),
  })
}
