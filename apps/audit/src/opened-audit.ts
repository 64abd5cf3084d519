import { unavailable } from '@gatehouse/contracts/problems'
import { connect } from '@gatehouse/db/connect'
import { createLastWords } from '@gatehouse/events/last-words'
import { connectNats } from '@gatehouse/events/nats'
import { createSeal } from '@gatehouse/keys/seal'
import type * as z from 'zod'
import { type CommandSettings, type LedgerSettings, ledgerNameOf } from './config.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import { verifyLedgers } from './ledger/verify-ledgers.ts'
import { createRecording } from './recording/create-recording.ts'
import { createSubjectKeys } from './subject-keys.ts'

type Opened = ReturnType<typeof openAudit>

/** Does `work` with what commands need of the service, and closes it afterwards. */
export async function inAudit<T>(
  settings: z.output<typeof CommandSettings>,
  work: (audit: Opened) => Promise<T>,
): Promise<T> {
  const audit = openAudit(settings)
  try {
    return await work(audit)
  } finally {
    await audit.db.close()
  }
}

function openAudit({ DATABASE_URL, KEY_ENCRYPTION_KEY }: z.output<typeof CommandSettings>) {
  const db = connect({ url: DATABASE_URL, poolSize: 2, applicationName: 'commands' })
  const seal = createSeal(KEY_ENCRYPTION_KEY)
  const keys = createSubjectKeys(seal)
  const checkpointKeysOf = (issuer: string) => createCheckpointKeys({ db, seal, name: ledgerNameOf(issuer) })
  return {
    db,
    recording: createRecording({ db, seal, keys }),
    checkpointKeysOf,
    async verify(
      login: z.output<typeof LedgerSettings>,
      { tenantId, onBegin }: { tenantId: string | undefined; onBegin: (number: number, of: number) => void },
    ) {
      const quiet = () => undefined
      const nats = connectNats({
        url: login.NATS_URL,
        user: login.NATS_USER,
        password: login.NATS_PASSWORD,
        service: 'audit',
        log: { info: quiet, warn: quiet, error: quiet },
      })
      try {
        await nats.connection(AbortSignal.timeout(5_000)).catch((cause: unknown) => {
          throw unavailable({ detail: `NATS does not answer at ${login.NATS_URL}.`, cause })
        })
        const { verifiers } = await checkpointKeysOf(login.ISSUER).load()
        const memory = createLastWords({ nats, stream: 'CHECKPOINTS', prefix: 'checkpoint' })
        return await verifyLedgers({ db, keys, trusted: verifiers, memory, onBegin }, tenantId)
      } finally {
        await nats.close()
      }
    },
  }
}
