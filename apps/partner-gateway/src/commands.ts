import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { checkSigningKey } from '@gatehouse/commands/doctor/keys'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, run } from '@gatehouse/commands/program'
import { addRotateSigningKey } from '@gatehouse/commands/rotate-signing-key'
import { Settings } from './config.ts'
import { tellOfKey } from './keys/tell-of-key.ts'

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('partner-gateway')
addMigrate(program, folder)
addDoctor(program, {
  service: 'partner-gateway',
  settings: Settings,
  folder,
  checks: ({ KEY_ENCRYPTION_KEY }, db) => ({ keys: () => checkSigningKey(db, KEY_ENCRYPTION_KEY) }),
})
const rotate = program.command('rotate').description('Change a key before its time.')
addRotateSigningKey(rotate, tellOfKey)
await run(program)
