import type { Command } from '@commander-js/extra-typings'
import { durationMs, keys } from '@gatehouse/config/setting'
import { connect } from '@gatehouse/db/connect'
import { databaseSettings } from '@gatehouse/db/settings'
import { createSeal } from '@gatehouse/keys/seal'
import { hastenRotation, type KeyDeps } from '@gatehouse/keys/turn-keys'
import * as z from 'zod'
import { perform } from './program.ts'

const Settings = z.object({
  DATABASE_URL: databaseSettings.DATABASE_URL,
  KEY_ENCRYPTION_KEY: keys(),
  KEY_ROTATION: durationMs().default(30 * 86_400_000),
})

/** Adds `signing-key` to `gatehouse rotate`, for a service that signs tokens. */
export function addRotateSigningKey(rotate: Command, onCreated: KeyDeps['onCreated']) {
  rotate
    .command('signing-key')
    .description(
      'Have the next key sign tokens as soon as everybody knows it, mostly at once. What was signed stays good.',
    )
    .action(
      perform(Settings, async ({ DATABASE_URL, KEY_ENCRYPTION_KEY, KEY_ROTATION }) => {
        const db = connect({ url: DATABASE_URL, poolSize: 1, applicationName: 'rotate-signing-key' })
        try {
          const { kid, activatesAt } = await hastenRotation({
            db,
            seal: createSeal(...KEY_ENCRYPTION_KEY),
            periodSeconds: KEY_ROTATION / 1_000,
            onCreated,
          })
          const words = `Key ${kid} signs from ${activatesAt.toISOString()} on, within 15 s in every replica.`
          return { result: { kid, activatesAt: activatesAt.toISOString() }, words }
        } finally {
          await db.close()
        }
      }),
    )
}
