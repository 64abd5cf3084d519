import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonical } from '@gatehouse/ledger/canonical'
import { signCheckpoint } from '@gatehouse/ledger/checkpoint'
import type { ExportedEntry, ExportHeader } from '@gatehouse/ledger/export'
import { inclusionProof, inclusionTiles } from '@gatehouse/ledger/inclusion'
import { commitment, leafBytes } from '@gatehouse/ledger/leaf'
import { createVerifierKey } from '@gatehouse/ledger/signed-note'
import { emptyRoot, emptyTree, grow, hashChildren, hashLeaf, rootOf } from '@gatehouse/ledger/tree'
import { linesOf } from '@gatehouse/verify/lines'
import { verifyExport } from '@gatehouse/verify/verify-export'
import type { Case } from '../case.ts'

const entries = 50_000

/** How many a second of processor time, so that other load on the machine counts for nothing. */
async function rate(count: number, work: () => unknown) {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (count / (user + system)) * 1_000_000
}

/** A whole export, from the file to the verdict. */
export const verification: Case = {
  id: 'ledger',
  title: `verifying an export of ${entries} entries with personal data, beside JSON.parse of its lines`,
  unit: 'entries per CPU second',
  goal: { atLeast: 50_000 },
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    const file = join(folder, 'export.ndjson')
    const { lines, key } = exportOf(entries)
    await writeFile(file, lines.map((line) => `${line}\n`).join(''))
    return {
      ours: () =>
        rate(entries, async () => {
          const { verdict } = await verifyExport(linesOf(createReadStream(file)), { keys: [key] })
          if (verdict !== 'good') throw new Error(`the export is ${verdict}`)
        }),
      reference: () =>
        rate(entries, async () => {
          for await (const line of linesOf(createReadStream(file))) JSON.parse(line)
        }),
      dispose: () => rm(folder, { recursive: true }),
    }
  },
}

function exportOf(size: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signer = { key: createVerifierKey('bench.example/audit', publicKey), privateKey }
  const tenantId = crypto.randomUUID()
  const exported = Array.from({ length: size }, (_, index) => entryOf(tenantId, index))
  const { tree } = grow(
    emptyTree,
    exported.map(({ leafHash }) => Buffer.from(leafHash, 'base64')),
  )
  const checkpoint = signCheckpoint({ origin: `bench.example/audit/${tenantId}`, size, root: rootOf(tree) }, [
    signer,
  ])
  const format = 'gatehouse-audit-export'
  const header: ExportHeader = { format, version: 1, tenantId, checkpoint, retainedFrom: 0 }
  return { lines: [header, ...exported].map((line) => JSON.stringify(line)), key: signer.key }
}

function entryOf(tenantId: string, index: number): ExportedEntry {
  const before = { email: 'ada@analytical.example', firstName: 'Ada', lastName: 'Byron', status: 'active' }
  const value = {
    previousState: before,
    newState: { ...before, lastName: 'Lovelace' },
    metadata: null,
    description: null,
  }
  const [origin, originCommitment] = disclose({
    sourceIp: '192.0.2.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
  })
  const [details, detailsCommitment] = disclose(value)
  const leaf = {
    index,
    id: crypto.randomUUID(),
    occurredAt: '2026-11-25T08:00:00.000Z',
    service: 'directory',
    actorType: 'user',
    actorId: crypto.randomUUID(),
    action: 'user.updated',
    resource: 'user',
    resourceId: crypto.randomUUID(),
    correlationId: crypto.randomUUID(),
    originCommitment,
    detailsCommitment,
  }
  return { ...leaf, origin, details, leafHash: hashLeaf(leafBytes({ tenantId, ...leaf })).toString('base64') }
}

function disclose(value: unknown) {
  const salt = randomBytes(32)
  const committed = commitment(salt, canonical(value))
  return [{ salt: salt.toString('base64'), value }, committed] as const
}

const million = 1_000_000
const proofs = 1_000

/** Without what the database takes to find the tiles. */
export const proofMaking: Case = {
  id: 'ledger',
  title: 'a proof of inclusion made from the tiles of a million entries, beside hashing two tiles',
  unit: 'CPU ms',
  goal: { atMost: 5 },
  async prepare() {
    const leaves = Array.from({ length: million }, () => randomBytes(32))
    const tiles = new Map(grow(emptyTree, leaves).parts.map((tile) => [`${tile.level}/${tile.index}`, tile]))
    const prove = (index: number) => {
      const ids = inclusionTiles(index, million)
      return inclusionProof(
        index,
        million,
        ids.flatMap(({ level, index }) => tiles.get(`${level}/${index}`) ?? []),
      )
    }
    const [left = emptyRoot, right = emptyRoot] = leaves
    const round = (work: () => void) => async () => {
      const rateOfProofs = await rate(proofs, () => {
        for (let n = 0; n < proofs; n++) work()
      })
      return 1_000 / rateOfProofs
    }
    return {
      ours: round(() => prove(randomInt(million))),
      reference: round(() => {
        for (let n = 0; n < 2 * 255; n++) hashChildren(left, right)
      }),
      dispose: async () => {},
    }
  },
}
