import { randomUUID } from 'node:crypto'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import * as requests from './erasure-repository.ts'
import { type ErasureDeps, runErasures } from './run-erasures.ts'

/**
 * Erases again whoever is back of those who were erased, since the database was restored from a backup: here at once, and
 * elsewhere as soon as the other services can.
 * @param digests SHA-256 of their ids, hexadecimal
 * @returns how many there were
 */
export async function eraseAgain(deps: ErasureDeps, digests: readonly string[]): Promise<number> {
  const { db } = deps
  const back = await readInPlatform(db, (tx) => requests.whoIsBack(tx, digests))
  for (const userId of back) {
    await inPlatform(db, async (tx) => {
      const open = await requests.openRequestOf(tx, userId)
      if (open) await requests.hasten(tx, open.id)
      else await requests.insert(tx, { id: randomUUID(), userId }, 0)
    })
  }
  if (back.length > 0) while ((await runErasures(deps)).due > 0);
  return back.length
}

const requestsAtOnce = 500

/** Writes everybody down who was erased as far as the database knows: the ledger of erasures may have been lost. */
export async function noteEverybodyGone({ db, noteGone }: ErasureDeps): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const part = await readInPlatform(db, (tx) => requests.begun(tx, { after, limit: requestsAtOnce }))
    for (const { userId, tenantIds, inviteIds } of part)
      await noteGone({ userId, alongIds: [...tenantIds, ...inviteIds] })
    const last = part.at(-1)
    if (!last) return
    after = last.id
  }
}
