import { createHmac } from 'node:crypto'

/**
 * What the ledger holds of an entry for ever. Nothing of it is personal in the clear: what an entry says about people is
 * in the two commitments, which say nothing once the salts are gone.
 */
export interface Leaf {
  readonly tenantId: string
  /** Its place in the ledger of its tenant, from 0. */
  readonly index: number
  /** The id of the event. */
  readonly id: string
  /** RFC 3339, milliseconds, UTC. */
  readonly occurredAt: string
  readonly service: string
  readonly actorType: string
  readonly actorId: string
  readonly action: string
  readonly resource: string
  readonly resourceId: string | null
  readonly correlationId: string | null
  /** Base64, of where the actor was: their address and browser. */
  readonly originCommitment: string | null
  /** Base64, of what the entry tells beyond these fields: states before and after, metadata, description. */
  readonly detailsCommitment: string | null
}

const version = 1

/**
 * The bytes that are hashed into the tree: a version (0x01), then the leaf as canonical JSON (RFC 8785), which is what
 * `JSON.stringify` writes when the members stand in the order of their names and hold only strings, integers and null.
 * @throws {TypeError} for text with a lone surrogate
 */
export function leafBytes(leaf: Leaf): Buffer {
  const json = JSON.stringify({
    action: leaf.action,
    actorId: leaf.actorId,
    actorType: leaf.actorType,
    correlationId: leaf.correlationId,
    detailsCommitment: leaf.detailsCommitment,
    id: leaf.id,
    index: leaf.index,
    occurredAt: leaf.occurredAt,
    originCommitment: leaf.originCommitment,
    resource: leaf.resource,
    resourceId: leaf.resourceId,
    service: leaf.service,
    tenantId: leaf.tenantId,
  } satisfies Leaf)
  // `JSON.stringify` writes a lone surrogate as an escape, which begins like this; text that looks like one may do so too.
  if (json.includes('\\ud') && !Object.values(leaf).every(isWellFormed)) {
    throw new TypeError('a leaf holds well-formed text')
  }
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(json))
  bytes[0] = version
  bytes.write(json, 1)
  return bytes
}

function isWellFormed(value: unknown) {
  return typeof value !== 'string' || value.isWellFormed()
}

/**
 * Binds to personal data without showing it: HMAC-SHA-256 of its canonical JSON under a salt of its own. Whoever lacks the
 * salt can't tell what was committed to, not even by trying every address there is.
 * @param salt 32 random bytes
 * @returns base64
 */
export function commitment(salt: Uint8Array, canonicalJson: string): string {
  return createHmac('sha256', salt).update(canonicalJson).digest('base64')
}

/**
 * The leaf that these are the bytes of.
 * @throws {TypeError} if they are of no leaf, or of one that is written otherwise
 */
export function parseLeaf(bytes: Buffer): Leaf {
  try {
    const leaf: Leaf = JSON.parse(bytes.toString('utf8', 1))
    if (leafBytes(leaf).equals(bytes)) return leaf
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  throw new TypeError('these are not the bytes of a leaf')
}
