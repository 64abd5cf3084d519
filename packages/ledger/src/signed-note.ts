import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

/** A public key and the name that it goes by. A name may have several keys, which their ids tell apart. */
export interface VerifierKey {
  readonly name: string
  /** Eight hexadecimal digits: SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), the first four bytes of it. */
  readonly id: string
  readonly publicKey: KeyObject
}

export interface NoteSigner {
  readonly key: VerifierKey
  readonly privateKey: KeyObject
}

export interface OpenedNote {
  /** With its last line feed, without the signatures. */
  readonly text: string
  /** Whose signatures verify: at least one. */
  readonly signedBy: readonly VerifierKey[]
}

/** Why a note is not to be believed. */
export class NoteRefused extends Error {
  readonly reason: 'malformed' | 'unknown key' | 'bad signature'

  constructor(reason: NoteRefused['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

const ed25519 = Buffer.of(1)
const maxLength = 1_000_000
const maxSignatures = 100

/** @throws {TypeError} for a name that is empty or has white space or a plus in it, and for a key that isn't Ed25519 */
export function createVerifierKey(name: string, publicKey: KeyObject): VerifierKey {
  if (!isKeyName(name)) throw new TypeError('the name of a key is not empty, without white space and plus')
  return { name, id: idOf(name, rawOf(publicKey)), publicKey }
}

/** `<name>+<id>+<base64 of 0x01 and the public key>`, as Go's sumdb/note has it. */
export function formatVerifierKey({ name, id, publicKey }: VerifierKey): string {
  return `${name}+${id}+${Buffer.concat([ed25519, rawOf(publicKey)]).toString('base64')}`
}

/** @throws {TypeError} if it isn't the verifier key of an Ed25519 key, down to the id */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', id = '', base64 = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? []
  const bytes = decodeBase64(base64)
  if (!isKeyName(name) || bytes?.length !== 33 || bytes[0] !== 1 || idOf(name, bytes.subarray(1)) !== id) {
    throw new TypeError('this is no Ed25519 verifier key (<name>+<id>+<key>)')
  }
  const x = bytes.subarray(1).toString('base64url')
  return { name, id, publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) }
}

/**
 * A note as https://c2sp.org/signed-note has it: the text, an empty line, a line of each signature.
 * @throws {TypeError} for a text that no note can have
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!isNoteText(text))
    throw new TypeError('the text of a note ends in a line feed and has no other control character')
  const lines = signers.map(({ key, privateKey }) => {
    const signature = Buffer.concat([Buffer.from(key.id, 'hex'), sign(null, Buffer.from(text), privateKey)])
    return `— ${key.name} ${signature.toString('base64')}\n`
  })
  return `${text}\n${lines.join('')}`
}

/**
 * The text of a note that at least one of the keys signed. Signatures by other keys are ignored; one by a key that is
 * known has to verify.
 * @throws {NoteRefused}
 */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = parse(note)
  const signedBy = new Set<VerifierKey>()
  for (const { name, id, signature } of signatures) {
    const key = keys.find((known) => known.name === name && known.id === id)
    if (!key) continue
    if (!verify(null, Buffer.from(text), key.publicKey, signature)) {
      throw new NoteRefused('bad signature', `the signature by ${name}+${id} does not verify`)
    }
    signedBy.add(key)
  }
  if (signedBy.size === 0) {
    const names = signatures.map(({ name, id }) => `${name}+${id}`).join(', ')
    throw new NoteRefused('unknown key', `signed by ${names}, and by none of the keys that are known`)
  }
  return { text, signedBy: [...signedBy] }
}

function parse(note: string) {
  // The text may have empty lines of its own: the last one ends it.
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2).split('\n')
  const signatures = lines.slice(0, -1).map(signatureOf)
  const isNote =
    note.length <= maxLength &&
    end !== -1 &&
    isNoteText(text) &&
    lines.at(-1) === '' &&
    signatures.length > 0 &&
    signatures.length <= maxSignatures &&
    signatures.every((signature) => signature !== undefined)
  if (!isNote) throw new NoteRefused('malformed', 'this is no signed note')
  return { text, signatures }
}

function signatureOf(line: string) {
  const [, name = '', base64 = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
  const bytes = decodeBase64(base64)
  if (!isKeyName(name) || !bytes || bytes.length <= 4) return undefined
  return { name, id: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
}

function isKeyName(name: string) {
  return /^[^\p{White_Space}\p{Cc}+]+$/u.test(name) && name.isWellFormed()
}

function isNoteText(text: string) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a note must not have
  return text.endsWith('\n') && text.isWellFormed() && !/[\0-\x09\x0b-\x1f]/.test(text)
}

/** Strictly: what encodes to the very same text. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function idOf(name: string, publicKey: Uint8Array) {
  const input = Buffer.concat([Buffer.from(`${name}\n`), ed25519, publicKey])
  return hash('sha256', input, 'buffer').toString('hex', 0, 4)
}

/** The 32 bytes of RFC 8032. */
function rawOf(publicKey: KeyObject) {
  const { crv, x } = publicKey.export({ format: 'jwk' })
  if (crv !== 'Ed25519' || x === undefined) throw new TypeError('the key is not an Ed25519 key')
  return Buffer.from(x, 'base64url')
}
