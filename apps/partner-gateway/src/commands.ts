import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { checkEncryptionKeys, checkSigningKey } from '@gatehouse/commands/doctor/keys'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, run } from '@gatehouse/commands/program'
import { addRotateEncryptionKey } from '@gatehouse/commands/rotate-encryption-key'
import { addRotateSigningKey } from '@gatehouse/commands/rotate-signing-key'
import { Settings } from './config.ts'
import { tellOfKey } from './keys/tell-of-key.ts'
import { sealedColumns } from './sealed-columns.ts'

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('partner-gateway')
addMigrate(program, folder)
addDoctor(program, {
  service: 'partner-gateway',
  settings: Settings,
  folder,
  checks: ({ KEY_ENCRYPTION_KEY }, db) => ({
    keys: () => checkSigningKey(db, KEY_ENCRYPTION_KEY),
    'encryption keys': () => checkEncryptionKeys(db, KEY_ENCRYPTION_KEY, sealedColumns),
  }),
})
const rotate = program.command('rotate').description('Change a key before its time.')
addRotateSigningKey(rotate, tellOfKey)
addRotateEncryptionKey(rotate, sealedColumns)
await run(program)
