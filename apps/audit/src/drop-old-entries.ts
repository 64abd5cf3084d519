import { loadSettings } from '@gatehouse/config/load-settings'
import { connect } from '@gatehouse/db/connect'
import { RetentionSettings } from './config.ts'
import { dropEntriesBefore } from './partitions.ts'

const settings = loadSettings(RetentionSettings)
const db = connect({ url: settings.DATABASE_URL, poolSize: 1, applicationName: 'drop-old-entries' })
const dropped = await dropEntriesBefore(db, new Date(Date.now() - settings.AUDIT_RETENTION))
await db.close()
process.stdout.write(`${dropped.length} months dropped: ${dropped.join(', ') || 'none was past'}.\n`)
