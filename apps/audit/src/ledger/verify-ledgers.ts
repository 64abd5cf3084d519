import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, readInTenant } from '@gatehouse/db/tenant'
import type { LastWords } from '@gatehouse/events/last-words'
import type { VerifierKey } from '@gatehouse/ledger/signed-note'
import { type Report, wordsOf } from '@gatehouse/verify/report'
import { verifyExport } from '@gatehouse/verify/verify-export'
import type { SubjectKeys } from '../subject-keys.ts'
import { exportLedger } from './export-ledger.ts'
import * as repository from './repository.ts'

interface Verification {
  readonly db: Database
  readonly keys: SubjectKeys
  /** Whose signature counts. */
  readonly trusted: readonly VerifierKey[]
  /** What was signed last of each ledger, where whoever rewrites the database can't reach. */
  readonly memory: LastWords
  /** Called before each ledger, with how many there are. */
  readonly onBegin: (number: number, of: number) => void
}

export interface Verified {
  readonly reports: readonly Report[]
  readonly words: string
  readonly isBad: boolean
}

/**
 * Reads every ledger, or one tenant's, and holds it against its own checkpoint and against what was signed of it last, as
 * anyone can who has an export: a database that was rewritten, or restored from an older copy, is told with the entry from
 * which on something is missing or changed.
 */
export async function verifyLedgers(verification: Verification, tenantId?: string): Promise<Verified> {
  const { db, keys, trusted, memory, onBegin } = verification
  const tenants = await readInPlatform(db, (tx) => repository.signedTenants(tx, tenantId))
  const reports: Report[] = []
  for (const [n, tenant] of tenants.entries()) {
    onBegin(n + 1, tenants.length)
    const word = await memory.read(tenant)
    const checkpoints = word ? [{ name: 'what was signed last (NATS)', note: word.text }] : []
    const read = <T>(work: Parameters<typeof readInTenant<T>>[2]) => readInTenant(db, tenant, work)
    const chunks = await exportLedger(keys, { tenantId: tenant, read }, tenant)
    reports.push(await verifyExport(linesOf(chunks), { keys: trusted, checkpoints }))
  }
  const isBad = reports.some(({ verdict }) => verdict !== 'good')
  const bad = reports.filter(({ verdict }) => verdict !== 'good').map(wordsOf)
  const total = reports.reduce((sum, { entries }) => sum + entries, 0)
  const held = reports.filter(({ agreeing }) => agreeing.length > 0).length
  const summary = `${reports.length} ledgers of ${total} entries read, ${reports.length - bad.length} of them complete, in order and unchanged; ${held} held against what was signed last.`
  return { reports, words: [...bad, summary].join('\n\n'), isBad }
}

async function* linesOf(chunks: AsyncIterable<string>) {
  for await (const chunk of chunks) yield* chunk.trimEnd().split('\n')
}
