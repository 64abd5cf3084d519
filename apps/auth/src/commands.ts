import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { checkEncryptionKeys, checkSigningKey } from '@gatehouse/commands/doctor/keys'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, perform, run } from '@gatehouse/commands/program'
import { addRotateEncryptionKey } from '@gatehouse/commands/rotate-encryption-key'
import { addRotateSigningKey } from '@gatehouse/commands/rotate-signing-key'
import { connect } from '@gatehouse/db/connect'
import { databaseSettings } from '@gatehouse/db/settings'
import * as z from 'zod'
import { BootstrapSettings, Settings } from './config.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { sealedColumns } from './sealed-columns.ts'
import { renewSecret } from './service-accounts/renew-secret.ts'

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('auth')
addMigrate(program, folder)
addDoctor(program, {
  service: 'auth',
  settings: Settings,
  folder,
  checks: ({ KEY_ENCRYPTION_KEY }, db) => ({
    keys: () => checkSigningKey(db, KEY_ENCRYPTION_KEY),
    'encryption keys': () => checkEncryptionKeys(db, KEY_ENCRYPTION_KEY, sealedColumns),
  }),
})

program
  .command('bootstrap')
  .description(
    'Make the first administrator and the service accounts of a JSON file, where they are not there yet.',
  )
  .argument('<file>')
  .action(
    perform(BootstrapSettings, async (settings, _say, file: string) => {
      // What checks passwords is large, and no other command needs it.
      const { bootstrapNow } = await import('./bootstrap-now.ts')
      return bootstrapNow(settings, file)
    }),
  )

const rotate = program.command('rotate').description('Change a key or a secret before its time.')
addRotateSigningKey(rotate, tellOfKey)
addRotateEncryptionKey(rotate, sealedColumns)
rotate
  .command('service-secret')
  .description('Let a service in with a new secret, shown this once, beside the one it has now.')
  .argument('<service>')
  .action(
    perform(
      z.object({ DATABASE_URL: databaseSettings.DATABASE_URL }),
      async ({ DATABASE_URL }, _say, name: string) => {
        const db = connect({ url: DATABASE_URL, poolSize: 1, applicationName: 'rotate-service-secret' })
        try {
          const secret = await renewSecret(db, name)
          const words = `SERVICE_SECRET=${secret}\nlets ${name} in, as does the one before it until it is rotated again.`
          return { result: { service: name, secret }, words }
        } finally {
          await db.close()
        }
      },
    ),
  )
await run(program)
