import { unavailable } from '@gatehouse/contracts/problems'
import { connect } from '@gatehouse/db/connect'
import { createLastWords } from '@gatehouse/events/last-words'
import { connectNats, type Nats } from '@gatehouse/events/nats'
import { createSeal } from '@gatehouse/keys/seal'
import type * as z from 'zod'
import { type CommandSettings, type LedgerSettings, ledgerNameOf } from './config.ts'
import { beginAgain } from './ledger/begin-again.ts'
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

type Ledgers = ReturnType<typeof openLedgers>

/** As `inAudit`, with the ledgers besides, and NATS, which remembers what was signed of them. @throws 503 when NATS is away */
export const inLedgers = <T>(
  settings: z.output<typeof LedgerSettings>,
  say: (line: string) => void,
  work: (ledgers: Ledgers) => Promise<T>,
): Promise<T> =>
  inAudit(settings, async (audit) => {
    const { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password } = settings
    const log = { info: quiet, warn: quiet, error: quiet }
    const nats = connectNats({ url, user, password, service: 'audit', log })
    try {
      await nats.connection(AbortSignal.timeout(5_000)).catch((cause: unknown) => {
        throw unavailable({ detail: `NATS does not answer at ${url}.`, cause })
      })
      return await work(openLedgers(audit, { issuer: settings.ISSUER, nats, say }))
    } finally {
      await nats.close()
    }
  })

interface Around {
  readonly issuer: string
  readonly nats: Nats
  /** Gets what there is to complain about. */
  readonly say: (line: string) => void
}

function openLedgers({ db, keys: subjectKeys, recording, checkpointKeysOf }: Opened, around: Around) {
  const keys = checkpointKeysOf(around.issuer)
  const memory = createLastWords({ nats: around.nats, stream: 'CHECKPOINTS', prefix: 'checkpoint' })
  const complain = (about: unknown, line: string) => around.say(`${line} ${JSON.stringify(about)}`)
  const log = { info: quiet, warn: complain, error: complain }
  return {
    async verify(tenantId: string | undefined, onBegin: (number: number, of: number) => void) {
      const { verifiers: trusted } = await keys.load()
      return verifyLedgers({ db, keys: subjectKeys, trusted, memory, onBegin }, tenantId)
    },
    beginAgain: () =>
      beginAgain({ signing: { db, keys, memory, log }, log: { ...recording, keys: subjectKeys } }),
  }
}

const quiet = () => undefined

function openAudit({ DATABASE_URL, KEY_ENCRYPTION_KEY }: z.output<typeof CommandSettings>) {
  const db = connect({ url: DATABASE_URL, poolSize: 2, applicationName: 'commands' })
  const seal = createSeal(...KEY_ENCRYPTION_KEY)
  const keys = createSubjectKeys(seal)
  return {
    db,
    keys,
    recording: createRecording({ db, seal, keys }),
    checkpointKeysOf: (issuer: string) => createCheckpointKeys({ db, seal, name: ledgerNameOf(issuer) }),
  }
}
