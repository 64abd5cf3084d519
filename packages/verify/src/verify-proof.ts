import type { OpenedCheckpoint } from '@gatehouse/ledger/checkpoint'
import { openCheckpoint } from '@gatehouse/ledger/checkpoint'
import { verifyInclusion } from '@gatehouse/ledger/inclusion'
import { parseInclusion } from '@gatehouse/ledger/inclusion-text'
import { type Leaf, parseLeaf } from '@gatehouse/ledger/leaf'
import { NoteRefused, type VerifierKey } from '@gatehouse/ledger/signed-note'
import { hashLeaf } from '@gatehouse/ledger/tree'

export type ProofReport =
  | { readonly verdict: 'good'; readonly leaf: Leaf; readonly checkpoint: OpenedCheckpoint }
  | { readonly verdict: 'tampered' | 'unchecked'; readonly problem: string }

/** Says whether a proof (https://c2sp.org/tlog-proof) shows its leaf to be in a ledger that one of the keys signed. */
export function verifyProof(text: string, keys: readonly VerifierKey[]): ProofReport {
  try {
    const { index, proof, leaf: bytes, checkpoint: note } = parseInclusion(text)
    const leaf = parseLeaf(bytes)
    const checkpoint = openCheckpoint(note, keys)
    const { size, root, origin } = checkpoint
    if (!verifyInclusion({ index, size, leafHash: hashLeaf(bytes), proof, root })) {
      return {
        verdict: 'tampered',
        problem: `The proof does not lead from the entry to the root at ${size} entries.`,
      }
    }
    if (leaf.index !== index || !origin.endsWith(`/${leaf.tenantId}`)) {
      return { verdict: 'tampered', problem: `The entry is of another place than ${index} in ${origin}.` }
    }
    return { verdict: 'good', leaf, checkpoint }
  } catch (error) {
    if (error instanceof NoteRefused && error.reason !== 'malformed') {
      return { verdict: 'tampered', problem: `The checkpoint is not to be believed: ${error.message}.` }
    }
    if (error instanceof TypeError || error instanceof NoteRefused)
      return { verdict: 'unchecked', problem: `${error.message}.` }
    throw error
  }
}

/** The report for a person to read. */
export function wordsOfProof(report: ProofReport): string {
  if (report.verdict !== 'good') {
    return `${report.verdict === 'tampered' ? 'TAMPERED WITH' : 'COULD NOT CHECK'}. ${report.problem}`
  }
  const { leaf, checkpoint } = report
  const signers = checkpoint.signedBy.map(({ name, id }) => `${name}+${id}`).join(', ')
  const headline = `GOOD. This is entry ${leaf.index} of the ${checkpoint.size} in ${checkpoint.origin}, signed by ${signers}:`
  return `${headline}\n${JSON.stringify(leaf, null, 2)}`
}
