import type { Command } from '@commander-js/extra-typings'
import { keys } from '@gatehouse/config/setting'
import { connect, type Database } from '@gatehouse/db/connect'
import { databaseSettings } from '@gatehouse/db/settings'
import { keysInUse } from '@gatehouse/keys/keys-in-use'
import { createSeal, type Seal } from '@gatehouse/keys/seal'
import { sealAnew } from '@gatehouse/keys/seal-anew'
import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { getTableName } from 'drizzle-orm'
import * as z from 'zod'
import { type Outcome, perform, type Say } from './program.ts'

const Settings = z.object({ DATABASE_URL: databaseSettings.DATABASE_URL, KEY_ENCRYPTION_KEY: keys() })

/** Adds `encryption-key` to `gatehouse rotate`. @param sealed every column of the service that holds what is sealed */
export function addRotateEncryptionKey(rotate: Command, sealed: readonly SealedColumn[]) {
  rotate
    .command('encryption-key')
    .description(
      'Seal with the first of the key-encryption keys whatever another has sealed, so that the others can be dropped; beside running services that have all of them, and as often as it is stopped.',
    )
    .action(
      perform(Settings, async ({ DATABASE_URL, KEY_ENCRYPTION_KEY }, say) => {
        const db = connect({ url: DATABASE_URL, poolSize: 1, applicationName: 'rotate-encryption-key' })
        try {
          return await rotateAll(db, createSeal(...KEY_ENCRYPTION_KEY), sealed, say)
        } finally {
          await db.close()
        }
      }),
    )
}

async function rotateAll(
  db: Database,
  seal: Seal,
  columns: readonly SealedColumn[],
  say: Say,
): Promise<Outcome> {
  const [keyId] = seal.keyIds
  const total = { sealed: 0, unreadable: 0 }
  for (const sealed of columns) {
    const { column } = sealed
    const name = `${getTableName(column.table)}.${column.name}`
    const done = await sealAnew(db, seal, sealed, (count, share) =>
      say(`${name}: ${count} sealed anew, ${Math.floor(share * 100)} % gone through`),
    )
    total.sealed += done.sealed
    total.unreadable += done.unreadable
  }
  const inUse = Object.fromEntries(await keysInUse(db, columns))
  const others = Object.entries(inUse).filter(([id]) => id !== keyId)
  const lines = [`${total.sealed} sealed anew with the key ${keyId}.`]
  if (total.unreadable > 0)
    lines.push(`${total.unreadable} open with none of the keys, and stay as they are.`)
  lines.push(
    others.length === 0
      ? 'No other key is in use any more: KEY_ENCRYPTION_KEY needs none but the first.'
      : `Still in use: ${others.map(([id, count]) => `${id} (${count})`).join(', ')}. Run this again once every instance has the new key first.`,
  )
  return { result: { keyId, ...total, inUse }, words: lines.join('\n'), isBad: others.length > 0 }
}
