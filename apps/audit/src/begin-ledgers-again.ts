import { loadSettings } from '@gatehouse/config/load-settings'
import { connect } from '@gatehouse/db/connect'
import { createLastWords } from '@gatehouse/events/last-words'
import { connectNats } from '@gatehouse/events/nats'
import { createSeal } from '@gatehouse/keys/seal'
import { LedgerSettings, ledgerNameOf } from './config.ts'
import { beginAgain } from './ledger/begin-again.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import { createRecording } from './recording/create-recording.ts'
import { createSubjectKeys } from './subject-keys.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const complain = (about: unknown, line: string) => say(`${line} ${JSON.stringify(about)}`)
const log = { info: () => {}, warn: complain, error: complain }

const settings = loadSettings(LedgerSettings)
const db = connect({ url: settings.DATABASE_URL, poolSize: 4, applicationName: 'begin-ledgers-again' })
const { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password } = settings
const nats = connectNats({ url, user, password, service: 'audit', log })
const seal = createSeal(settings.KEY_ENCRYPTION_KEY)
const subjectKeys = createSubjectKeys(seal)
const signing = {
  db,
  keys: createCheckpointKeys({ db, seal, name: ledgerNameOf(settings.ISSUER) }),
  memory: createLastWords({ nats, stream: 'CHECKPOINTS', prefix: 'checkpoint' }),
  log,
}

try {
  const recording = createRecording({ db, seal, keys: subjectKeys })
  const { begun, left } = await beginAgain({ signing, log: { ...recording, keys: subjectKeys } })
  for (const { tenantId, epoch, agreesUpTo, signedSize } of begun)
    say(
      `${tenantId} was begun again (${epoch}): its first ${agreesUpTo} entries are as they were signed; of the ${signedSize} that had been, the rest is lost or recorded anew, and gatehouse-verify says so.`,
    )
  for (const [tenantId, reason] of left) say(`${tenantId} was not: ${reason}.`)
  say(`${begun.length} begun again, ${left.size} left.`)
  process.exitCode = left.size > 0 ? 1 : 0
} finally {
  await nats.close()
  await db.close()
}
