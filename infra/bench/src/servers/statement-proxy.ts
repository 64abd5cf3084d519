import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One round trip between a service and PostgreSQL, and from when until when it took. */
export interface RoundTrip {
  readonly application: string
  /** What was sent in it, behind what was sent before in the same transaction. */
  readonly statements: readonly string[]
  readonly from: number
  readonly until: number
}

/** Stands between the services and PostgreSQL, and keeps account of their round trips. */
export async function startStatementProxy(databaseUrl: string) {
  const sockets = new Set<Socket>()
  let roundTrips: RoundTrip[] = []
  const { hostname, port } = new URL(databaseUrl)
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true })
    const account = keepAccount((roundTrip) => roundTrips.push(roundTrip))
    client.on('data', account.sent).pipe(upstream)
    upstream.on('data', account.answered).pipe(client)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => upstream.destroy()).on('close', () => client.destroy())
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${(server.address() as AddressInfo).port}` })
      .href,
    /** The round trips since this was last asked. */
    take() {
      const taken = roundTrips
      roundTrips = []
      return taken
    },
    stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Reads both sides of one connection (PostgreSQL's documentation, "Message Flow"). */
function keepAccount(report: (roundTrip: RoundTrip) => void) {
  const named = new Map<string, string>()
  let application = ''
  let statements: string[] = []
  let from = 0
  let waitsFor = 0
  let transaction: string[] = []

  const onStart = (message: Buffer) => {
    const words = message.toString('latin1', 8).split('\0')
    application = words[words.indexOf('application_name') + 1] ?? ''
  }
  const onSent = (type: string, body: Buffer) => {
    const [first = '', second = ''] = body.toString('utf8').split('\0', 2)
    if (type === 'P') named.set(first, second)
    if (type === 'B') statements.push(named.get(second) ?? '')
    if (type === 'Q') statements.push(first)
    if (type !== 'S' && type !== 'Q') return
    if (waitsFor === 0) from = performance.now()
    waitsFor += 1
  }
  const onAnswered = (type: string) => {
    if (type !== 'Z' || waitsFor === 0) return
    waitsFor -= 1
    if (waitsFor > 0) return
    const begins = statements.findLastIndex((statement) => statement.startsWith('begin '))
    transaction = begins === -1 ? [...transaction, ...statements] : statements.slice(begins)
    // The end of a transaction that only read is waited for by nobody.
    const isEndOfRead = statements.join() === 'commit' && transaction[0]?.startsWith('begin read only;')
    if (!isEndOfRead) report({ application, statements: transaction, from, until: performance.now() })
    if (statements.at(-1) === 'commit') transaction = []
    statements = []
  }
  return { sent: messages(onSent, onStart), answered: messages(onAnswered) }
}

/** Cuts a stream into messages: a letter, the length, the body; the first of a client has no letter. */
function messages(on: (type: string, body: Buffer) => void, onFirst?: (message: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0)
  let isFirst = onFirst !== undefined
  const next = (): Buffer | undefined => {
    const at = isFirst ? 0 : 1
    const end = rest.length < at + 4 ? Number.POSITIVE_INFINITY : at + rest.readInt32BE(at)
    if (rest.length < end) return undefined
    const message = rest.subarray(0, end)
    rest = rest.subarray(end)
    return message
  }
  return (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let message = next(); message; message = next()) {
      if (isFirst) onFirst?.(message)
      else on(String.fromCharCode(message[0] ?? 0), message.subarray(5))
      isFirst = false
    }
  }
}
