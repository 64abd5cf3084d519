import type { Outcome } from '@gatehouse/commands/program'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { unsealKey } from '@gatehouse/keys/sealed-key'
import { turnKeys } from '@gatehouse/keys/turn-keys'
import type * as z from 'zod'
import { applyBootstrap, readBootstrap } from './bootstrap.ts'
import type { BootstrapSettings } from './config.ts'
import { createDirectory } from './directory.ts'
import { createIssuer } from './issuer.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { checkNewPassword } from './passwords/strength.ts'
import { createPasswords } from './passwords.ts'

/** Does from the command line what `BOOTSTRAP_FILE` has the service do at its start. */
export async function bootstrapNow(
  settings: z.output<typeof BootstrapSettings>,
  file: string,
): Promise<Outcome> {
  const bootstrap = await readBootstrap(file)
  const db = connect({ url: settings.DATABASE_URL, poolSize: 2, applicationName: 'bootstrap' })
  try {
    const seal = createSeal(...settings.KEY_ENCRYPTION_KEY)
    const key = await turnKeys({
      db,
      seal,
      onCreated: tellOfKey,
      periodSeconds: settings.KEY_ROTATION / 1_000,
    })
    const issuer = createIssuer(settings.ISSUER)
    issuer.use({ kid: key.kid, privateJwk: await unsealKey(seal, key) })
    const passwords = await createPasswords({ pepper: settings.PASSWORD_PEPPER, cost: settings.BCRYPT_COST })
    const directory = createDirectory(settings.DIRECTORY_URL, issuer)
    await applyBootstrap({ db, directory, passwords, checkNewPassword }, bootstrap)
  } finally {
    await db.close()
  }
  const administrator = bootstrap.administrator.email
  const services = bootstrap.serviceAccounts.map(({ name }) => name)
  return {
    result: { administrator, services },
    words: `${administrator} administers the platform; service accounts: ${services.join(', ') || 'none'}.`,
  }
}
