import { join } from 'node:path'
import { addDoctor } from '@gatehouse/commands/doctor/doctor'
import { addMigrate } from '@gatehouse/commands/migrate'
import { createProgram, run } from '@gatehouse/commands/program'
import { Settings } from './config.ts'

const folder = join(import.meta.dirname, '../migrations')
const program = createProgram('directory')
addMigrate(program, folder)
addDoctor(program, { service: 'directory', settings: Settings, folder })
await run(program)
