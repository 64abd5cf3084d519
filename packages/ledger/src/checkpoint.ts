import {
  decodeBase64,
  NoteRefused,
  type NoteSigner,
  openNote,
  signNote,
  type VerifierKey,
} from './signed-note.ts'

/** How a ledger looked when it had so many entries. */
export interface Checkpoint {
  /** Which ledger: `<host>/audit/<tenant id>`. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly signedBy: readonly VerifierKey[]
}

/**
 * A signed note as https://c2sp.org/tlog-checkpoint has it.
 * @param signers one, or while a key is changed for another both
 */
export function signCheckpoint({ origin, size, root }: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signers)
}

/**
 * What at least one of the keys signed. Lines after the third (extensions) are not looked at.
 * @throws {NoteRefused}
 */
export function openCheckpoint(note: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const { text, signedBy } = openNote(note, keys)
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n')
  const rootBytes = decodeBase64(root)
  const isCheckpoint =
    origin !== '' &&
    /^(0|[1-9]\d*)$/.test(size) &&
    Number.isSafeInteger(Number(size)) &&
    rootBytes?.length === 32 &&
    extensions.every((line) => line !== '')
  if (!isCheckpoint) throw new NoteRefused('malformed', 'this note is no checkpoint')
  return { origin, size: Number(size), root: rootBytes, signedBy }
}
