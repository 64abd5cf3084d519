import { canonical } from '@gatehouse/ledger/canonical'
import type { Disclosure, ExportedEntry } from '@gatehouse/ledger/export'
import { commitment } from '@gatehouse/ledger/leaf'

/** Which of an entry's personal data isn't what its leaf commits to, and whether any of it was erased. */
export function disclosuresOf(entry: ExportedEntry) {
  const { origin, originCommitment, details, detailsCommitment } = entry
  const changed = !isCommitted(origin, originCommitment)
    ? 'origin'
    : !isCommitted(details, detailsCommitment)
      ? 'details'
      : undefined
  const isErased = (!origin && originCommitment !== null) || (!details && detailsCommitment !== null)
  return { changed, isErased }
}

function isCommitted(disclosure: Disclosure | null, committed: string | null) {
  if (disclosure === null) return true
  const salt = Buffer.from(disclosure.salt, 'base64')
  return salt.length === 32 && commitment(salt, canonical(disclosure.value)).toString('base64') === committed
}
