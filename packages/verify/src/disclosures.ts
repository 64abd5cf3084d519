import { canonical } from '@gatehouse/ledger/canonical'
import type { Disclosure, ExportedEntry } from '@gatehouse/ledger/export'
import { commitment } from '@gatehouse/ledger/leaf'

const parts = ['origin', 'details'] as const

/** Which of an entry's personal data isn't what its leaf commits to, and whether any of it was erased. */
export function disclosuresOf(entry: ExportedEntry) {
  return {
    changed: parts.find((part) => !isCommitted(entry[part], entry[`${part}Commitment`])),
    isErased: parts.some((part) => entry[part] === null && entry[`${part}Commitment`] !== null),
  }
}

function isCommitted(disclosure: Disclosure | null, committed: string | null) {
  if (disclosure === null) return true
  const salt = Buffer.from(disclosure.salt, 'base64')
  return salt.length === 32 && commitment(salt, canonical(disclosure.value)) === committed
}
