import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { checkEncryptionKeys } from '@gatehouse/commands/doctor/keys'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, run } from '@gatehouse/commands/program'
import { addRotateEncryptionKey } from '@gatehouse/commands/rotate-encryption-key'
import { Settings } from './config.ts'
import { sealedColumns } from './sealed-columns.ts'

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('directory')
addMigrate(program, folder)
addDoctor(program, {
  service: 'directory',
  settings: Settings,
  folder,
  checks: ({ KEY_ENCRYPTION_KEY }, db) => ({
    'encryption keys': () => checkEncryptionKeys(db, KEY_ENCRYPTION_KEY, sealedColumns),
  }),
})
const rotate = program.command('rotate').description('Change a key before its time.')
addRotateEncryptionKey(rotate, sealedColumns)
await run(program)
