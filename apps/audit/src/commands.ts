import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { checkEncryptionKeys } from '@gatehouse/commands/doctor/keys'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, perform, run } from '@gatehouse/commands/program'
import { addRotateEncryptionKey } from '@gatehouse/commands/rotate-encryption-key'
import { formatVerifierKey } from '@gatehouse/ledger/signed-note'
import { checkCheckpointKeys } from './checkpoint-keys-check.ts'
import { CommandSettings, LedgerSettings, RotationSettings, Settings } from './config.ts'
import { checkGaps } from './gaps/gaps-check.ts'
import { inAudit, inLedgers } from './opened-audit.ts'
import { replayDeadLetters } from './recording/replay-dead-letters.ts'
import { sealedColumns } from './sealed-columns.ts'

/** As many as are looked at in one go. */
const atOnce = 1000

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('audit')
addMigrate(program, folder)
addDoctor(program, {
  service: 'audit',
  settings: Settings,
  folder,
  checks: (settings, db) => ({
    keys: () => checkCheckpointKeys(settings),
    gaps: () => checkGaps(db),
    'encryption keys': () => checkEncryptionKeys(db, settings.KEY_ENCRYPTION_KEY, sealedColumns),
  }),
})

const letters = program
  .command('dead-letters')
  .description('Messages that could not be recorded, and were laid aside.')
letters
  .command('list')
  .description('Which wait, and why; with 3 if any does.')
  .action(
    perform(CommandSettings, (settings) =>
      inAudit(settings, async ({ recording }) => {
        const waiting = await recording.deadLetters.list(atOnce)
        const result = waiting.map(({ id, laidAsideAt, subject, reason }) => ({
          id,
          laidAsideAt,
          subject,
          reason,
        }))
        const lines = result.map(
          (it) => `${it.id} ${it.laidAsideAt.toISOString()} ${it.subject}: ${it.reason}`,
        )
        const wait = waiting.length === 1 ? '1 waits' : `${waiting.length} wait`
        lines.push(`${wait}; "dead-letters replay" records those that can be.`)
        return { result: { waiting: result }, words: lines.join('\n'), isBad: waiting.length > 0 }
      }),
    ),
  )
letters
  .command('replay')
  .description('Record those that this version can; with 3 if any waits on.')
  .action(
    perform(CommandSettings, (settings) =>
      inAudit(settings, async ({ recording }) => {
        const { recorded, refused } = await replayDeadLetters(recording, atOnce)
        const lines = refused.map(({ id, reason }) => `${id} waits on: ${reason}`)
        lines.push(`${recorded.length} recorded, ${refused.length} wait on.`)
        return { result: { recorded, refused }, words: lines.join('\n'), isBad: refused.length > 0 }
      }),
    ),
  )

const rotate = program.command('rotate').description('Change a key before its time.')
addRotateEncryptionKey(rotate, sealedColumns)
rotate
  .command('checkpoint-key')
  .description('Sign checkpoints with another key from now on, beside those before it until they end.')
  .action(
    perform(RotationSettings, (settings) =>
      inAudit(settings, async ({ checkpointKeysOf }) => {
        const key = await checkpointKeysOf(settings.ISSUER).rotate(settings.CHECKPOINT_KEY_OVERLAP / 1_000)
        const verifier = formatVerifierKey(key)
        const words = `${verifier}\nsigns from now on, beside those before it until they end.`
        return { result: { key: verifier }, words }
      }),
    ),
  )

const ledger = program.command('ledger').description('The log that proves itself.')
ledger
  .command('verify')
  .description(
    'Read every ledger, or one tenant’s, and hold it against what was signed; with 3 if anything is wrong.',
  )
  .argument('[tenant]')
  .action(
    perform(LedgerSettings, (settings, say, tenantId: string | undefined) =>
      inLedgers(settings, say, async ({ verify }) => {
        const onBegin = (number: number, of: number) => say(`ledger ${number} of ${of}`)
        const { reports, words, isBad } = await verify(tenantId, onBegin)
        return { result: { reports }, words, isBad }
      }),
    ),
  )
ledger
  .command('begin-again')
  .description(
    'Go on with the ledgers that a restored backup set back, and with no other; with 3 if any can’t be.',
  )
  .action(
    perform(LedgerSettings, (settings, say) =>
      inLedgers(settings, say, async ({ beginAgain }) => {
        const { begun, left } = await beginAgain()
        const lines = begun.map(
          ({ tenantId, epoch, agreesUpTo, signedSize }) =>
            `${tenantId} was begun again (${epoch}): its first ${agreesUpTo} entries are as they were signed; of the ${signedSize} that had been, the rest is lost or recorded anew, and gatehouse-verify says so.`,
        )
        for (const [tenantId, reason] of left) lines.push(`${tenantId} was not: ${reason}.`)
        lines.push(`${begun.length} begun again, ${left.size} left.`)
        const result = { begun, left: Array.from(left, ([tenantId, reason]) => ({ tenantId, reason })) }
        return { result, words: lines.join('\n'), isBad: left.size > 0 }
      }),
    ),
  )
await run(program)
