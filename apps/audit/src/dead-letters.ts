import { parseArgs } from 'node:util'
import { loadSettings } from '@gatehouse/config/load-settings'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { CommandSettings } from './config.ts'
import { createRecording } from './recording/create-recording.ts'
import { replayDeadLetters } from './recording/replay-dead-letters.ts'
import { createSubjectKeys } from './subject-keys.ts'

/** As many as are looked at in one go. */
const atOnce = 1000

const { positionals } = parseArgs({ allowPositionals: true })
const settings = loadSettings(CommandSettings)
const db = connect({ url: settings.DATABASE_URL, poolSize: 1, applicationName: 'dead-letters' })
const seal = createSeal(settings.KEY_ENCRYPTION_KEY)
const recording = createRecording({ db, seal, keys: createSubjectKeys(seal) })
const say = (line: string) => process.stdout.write(`${line}\n`)

if (positionals[0] === 'replay') {
  const { recorded, refused } = await replayDeadLetters(recording, atOnce)
  for (const { id, reason } of refused) say(`${id} waits on: ${reason}`)
  say(`${recorded.length} recorded, ${refused.length} wait on.`)
} else {
  const letters = await recording.deadLetters.list(atOnce)
  for (const { id, laidAsideAt, subject, reason } of letters)
    say(`${id} ${laidAsideAt.toISOString()} ${subject}: ${reason}`)
  say(`${letters.length} wait${letters.length === 1 ? 's' : ''}; "replay" records those that can be.`)
}
await db.close()
