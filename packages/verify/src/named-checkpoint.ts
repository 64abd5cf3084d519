import { type OpenedCheckpoint, openCheckpoint } from '@gatehouse/ledger/checkpoint'
import { NoteRefused, type VerifierKey } from '@gatehouse/ledger/signed-note'

/** A checkpoint that somebody kept outside. */
export interface KeptCheckpoint {
  /** What to call it, e.g. the name of its file. */
  readonly name: string
  readonly note: string
}

export interface NamedCheckpoint extends OpenedCheckpoint {
  readonly name: string
}

/** The checkpoint if one of the keys signed it, else why it is not to be believed. */
export function openNamed(
  { name, note }: KeptCheckpoint,
  keys: readonly VerifierKey[],
): NamedCheckpoint | string {
  try {
    return { name, ...openCheckpoint(note, keys) }
  } catch (error) {
    if (!(error instanceof NoteRefused)) throw error
    return `${name} is not to be believed: ${error.message}.`
  }
}

export const isOpened = (checkpoint: NamedCheckpoint | string): checkpoint is NamedCheckpoint =>
  typeof checkpoint !== 'string'
