import { once } from 'node:events'
import { fastify } from 'fastify'

/** A service behind: answers every path with a page of a list from memory, and knows nothing of tokens. */
await once(process, 'message')
const role = { name: 'auditor', displayName: 'Auditor', category: 'system', permissions: ['audit:read'] }
const page = { data: Array.from({ length: 10 }, () => role), nextCursor: null }
const app = fastify()
app.get('/*', async () => page)
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
