import { once } from 'node:events'
import { createRevocationList } from '@gatehouse/events/revocation-list'
import { createLogger } from '@gatehouse/http/logging'
import { createServer } from '@gatehouse/http/server'

/** The issuer whose tokens are to be believed. */
export interface ServerStart {
  readonly issuer: string
  readonly jwks: readonly Readonly<Record<string, unknown>>[]
  /** What API keys are exchanged for. */
  readonly tokenOfKey: Readonly<Record<string, string>>
}

const [{ issuer, jwks, tokenOfKey }] = (await once(process, 'message')) as [ServerStart]

const revocations = createRevocationList(Date.now)
for (let n = 0; n < 1000; n++) revocations.add(`revocation.auth.session.${crypto.randomUUID()}`, new Date())

const app = createServer({
  service: 'bench',
  version: '0',
  log: createLogger({ service: 'bench', level: 'info' }),
  authentication: {
    issuer,
    audiences: ['gatehouse'],
    keys: async () => jwks,
    isRevoked: revocations.has,
    exchange: async (key) => tokenOfKey[key],
  },
})
const answer = { id: '01890a5d-ac96-774b-bcce-b302099a8057', name: 'Ada Lovelace', status: 'active' }
app.get('/open', { config: { access: 'public' } }, async () => answer)
app.get('/protected', { config: { access: 'users:read' } }, async () => answer)

process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.((user + system) / 1e6)
})
