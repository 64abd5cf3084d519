import { argv } from 'node:process'
import { connect } from '@gatehouse/db/connect'
import { connectNats } from './nats.ts'
import { startRelay } from './relay.ts'

// A relay in a process of its own, for a test to kill: <database url> <nats url> <nats password>.
const [, , databaseUrl = '', natsUrl = '', password = ''] = argv
const log = { info() {}, warn() {}, error() {} }
startRelay({
  db: connect({ url: databaseUrl, poolSize: 4, applicationName: 'killed' }),
  nats: connectNats({ url: natsUrl, user: 'auth', password, service: 'auth', log }),
  log,
})
