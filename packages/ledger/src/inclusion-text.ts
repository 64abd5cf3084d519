import { decodeBase64 } from './signed-note.ts'

/** A proof that stands by itself: verified with nothing but the public key. */
export interface InclusionText {
  readonly index: number
  readonly proof: readonly Buffer[]
  /** The checkpoint that the proof leads to, a signed note. */
  readonly checkpoint: string
  /** The bytes of the leaf. */
  readonly leaf: Buffer
}

const firstLine = 'c2sp.org/tlog-proof@v1'

/** As https://c2sp.org/tlog-proof has it, with the bytes of the leaf as extra data. */
export function formatInclusion({ index, proof, checkpoint, leaf }: InclusionText): string {
  const hashes = proof.map((sibling) => sibling.toString('base64'))
  const lines = [firstLine, `extra ${leaf.toString('base64')}`, `index ${index}`, ...hashes]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** @throws {TypeError} if it isn't a proof with the bytes of the leaf; what it says is not verified */
export function parseInclusion(text: string): InclusionText {
  const end = text.indexOf('\n\n')
  const [first, extra = '', indexLine = '', ...hashes] = text.slice(0, end).split('\n')
  const leaf = extra.startsWith('extra ') ? decodeBase64(extra.slice('extra '.length)) : undefined
  const [, index = ''] = /^index (0|[1-9]\d*)$/.exec(indexLine) ?? []
  const proof = hashes.flatMap((line) => decodeBase64(line) ?? [])
  const isProof =
    end !== -1 &&
    first === firstLine &&
    index !== '' &&
    Number.isSafeInteger(Number(index)) &&
    proof.length === hashes.length &&
    proof.every(({ length }) => length === 32)
  if (!isProof || !leaf) throw new TypeError('this is no proof of inclusion (c2sp.org/tlog-proof@v1)')
  return { index: Number(index), proof, checkpoint: text.slice(end + 2), leaf }
}
