import { loadSettings } from '@gatehouse/config/load-settings'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { formatVerifierKey } from '@gatehouse/ledger/signed-note'
import { ledgerNameOf, RotationSettings } from './config.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'

const settings = loadSettings(RotationSettings)
const db = connect({ url: settings.DATABASE_URL, poolSize: 1, applicationName: 'rotate-checkpoint-key' })
const seal = createSeal(settings.KEY_ENCRYPTION_KEY)
const keys = createCheckpointKeys({ db, seal, name: ledgerNameOf(settings.ISSUER) })
const key = await keys.rotate(settings.CHECKPOINT_KEY_OVERLAP / 1_000)
await db.close()
process.stdout.write(`${formatVerifierKey(key)}\nsigns from now on, beside those before it until they end.\n`)
