import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { canonical } from '@gatehouse/ledger/canonical'
import { signCheckpoint } from '@gatehouse/ledger/checkpoint'
import { type Dropping, droppingAction } from '@gatehouse/ledger/dropping'
import { type Restart, restartAction } from '@gatehouse/ledger/epoch'
import type { Disclosure, ExportedEntry, ExportHeader } from '@gatehouse/ledger/export'
import { inclusionProof } from '@gatehouse/ledger/inclusion'
import { formatInclusion } from '@gatehouse/ledger/inclusion-text'
import { commitment, leafBytes } from '@gatehouse/ledger/leaf'
import { createVerifierKey, type NoteSigner } from '@gatehouse/ledger/signed-note'
import { emptyTree, grow, hashLeaf, rootOf } from '@gatehouse/ledger/tree'

export function createSigner(name = 'id.example.com/audit'): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { key: createVerifierKey(name, publicKey), privateKey }
}

type Row = Omit<ExportedEntry, 'index' | 'leafHash'>

/** The ledger of a tenant as its database has it: rows, hashes of leaves, and what is signed; all of it open to attack. */
export class Ledger {
  readonly tenantId: string
  readonly origin: string
  readonly signer: NoteSigner
  /** By index; undefined where there is none any more. */
  rows: (Row | undefined)[] = []
  leafHashes: Buffer[] = []
  retainedFrom = 0

  constructor(
    size: number,
    { signer = createSigner(), tenantId = crypto.randomUUID() as string, origin = '' } = {},
  ) {
    this.tenantId = tenantId
    this.origin = origin || `id.example.com/audit/${tenantId}`
    this.signer = signer
    this.rows = Array.from({ length: size }, (_, n) => rowOf(`user.updated.${n}`))
    this.rehash()
  }

  /** What only the service does, and whoever has its place. */
  rehash() {
    this.leafHashes = this.rows.map((row, index) =>
      row
        ? hashLeaf(leafBytes({ ...row, tenantId: this.tenantId, index }))
        : (this.leafHashes[index] ?? Buffer.alloc(32)),
    )
  }

  checkpoint(size = this.leafHashes.length, signers = [this.signer]) {
    const root = rootOf(grow(emptyTree, this.leafHashes.slice(0, size)).tree)
    return signCheckpoint({ origin: this.origin, size, root }, signers)
  }

  export({ checkpoint = this.checkpoint() } = {}): string[] {
    const { tenantId, retainedFrom } = this
    const format = 'gatehouse-audit-export'
    const header: ExportHeader = { format, version: 1, tenantId, checkpoint, retainedFrom }
    const entries = this.leafHashes.map((hash, index) => ({
      index,
      ...this.rows[index],
      leafHash: hash.toString('base64'),
    }))
    return [header, ...entries].map((line) => JSON.stringify(line))
  }
}

/** The proof that an entry is in the ledger (of up to 256), as the service makes it. */
export function proofOf(ledger: Ledger, index: number, { tenantId, rows, leafHashes } = ledger): string {
  const row = rows[index]
  if (!row) throw new Error(`there is no entry ${index}`)
  const tiles = [{ level: 0, index: 0, hashes: Buffer.concat(leafHashes) }]
  const proof = inclusionProof(index, leafHashes.length, tiles)
  return formatInclusion({
    index,
    proof,
    leaf: leafBytes({ ...row, tenantId, index }),
    checkpoint: ledger.checkpoint(),
  })
}

/** A row as the service writes it, with personal data that its leaf commits to. */
export const rowOf = (action: string): Row =>
  rowWith(action, { newState: { firstName: 'Ada', lastName: 'Lovelace' } })

/** The row that says that the ledger was begun again. */
export const restartRow = (restart: Restart): Row => ({
  ...rowWith(restartAction, { metadata: restart }),
  service: 'audit',
})

/** The row that says that entries past retention were dropped. */
export const droppingRow = (dropping: Dropping): Row => ({
  ...rowWith(droppingAction, { metadata: dropping }),
  service: 'audit',
})

function rowWith(action: string, said: object): Row {
  const [origin, originCommitment] = disclose({ sourceIp: '192.0.2.7', userAgent: 'curl/8' })
  const [details, detailsCommitment] = disclose(said)
  return {
    id: crypto.randomUUID(),
    occurredAt: '2026-11-25T08:00:00.000Z',
    service: 'directory',
    actorType: 'user',
    actorId: crypto.randomUUID(),
    action,
    resource: 'user',
    resourceId: null,
    correlationId: 'tour-0001',
    originCommitment,
    detailsCommitment,
    origin,
    details,
  }
}

function disclose(value: unknown): [Disclosure, string] {
  const salt = randomBytes(32)
  return [{ salt: salt.toString('base64'), value }, commitment(salt, canonical(value))]
}
