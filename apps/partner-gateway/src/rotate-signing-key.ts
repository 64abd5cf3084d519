import { loadSettings } from '@gatehouse/config/load-settings'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { hastenRotation } from '@gatehouse/keys/turn-keys'
import { KeySettings } from './config.ts'
import { tellOfKey } from './keys/tell-of-key.ts'

const settings = loadSettings(KeySettings)
const { KEY_ENCRYPTION_KEY: keyEncryptionKey } = settings
const db = connect({ url: settings.DATABASE_URL, poolSize: 1, applicationName: 'rotate-signing-key' })
const { kid, activatesAt } = await hastenRotation({
  db,
  keyEncryptionKey,
  seal: createSeal(keyEncryptionKey),
  periodSeconds: settings.KEY_ROTATION / 1_000,
  onCreated: tellOfKey,
})
await db.close()
process.stdout.write(`Key ${kid} signs from ${activatesAt.toISOString()} on, within 15 s in every replica.\n`)
