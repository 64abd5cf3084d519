import { argv } from 'node:process'
import { connect } from '@gatehouse/db/connect'
import { createSeal } from '@gatehouse/keys/seal'
import { startMailer } from './mailer.ts'

// A mailer in a process of its own, for a test to kill: <database url> <smtp url> <key in hexadecimal>.
const [, , databaseUrl = '', smtpUrl = '', key = ''] = argv
startMailer({
  db: connect({ url: databaseUrl, poolSize: 4, applicationName: 'killed' }),
  log: { info() {}, warn() {}, error() {} },
  seal: createSeal(Buffer.from(key, 'hex')),
  compose: async () => undefined,
  smtp: { url: smtpUrl, from: 'Gatehouse <no-reply@gatehouse.example>' },
})
